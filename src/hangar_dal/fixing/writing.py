"""Shows a change of a file, and writes it so that a crash leaves the old file or the new one, never half of it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from secrets import token_hex

from hangar_dal.errors import SettingsError
from hangar_dal.migrations.faults import display_path


@dataclass(frozen=True, slots=True)
class Change:
    """A file's whole text before and after; before is empty for a new file."""

    path: Path
    before: str
    after: str


def diff_of(change: Change) -> Iterator[str]:
    """The lines of a unified diff, without line breaks."""
    name = display_path(change.path)
    before, after = (text.replace("\r\n", "\n").splitlines() for text in (change.before, change.after))
    return unified_diff(before, after, name if change.before else "/dev/null", name, lineterm="")


def write(change: Change) -> None:
    """Replace the file, which keeps its mode. Raises `SettingsError` if it is no longer what the change began with."""
    path = change.path.resolve()  # the file itself, where the name is a symbolic link
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        now = path.read_bytes().decode("utf-8") if path.exists() else ""
        if now != change.before:
            raise SettingsError(
                f"{display_path(change.path)} was changed by somebody else meanwhile; run the command again"
            )
        _replace(path, change.after)
    except (OSError, UnicodeDecodeError) as fault:
        raise SettingsError(f"{display_path(change.path)}: cannot be written: {fault}") from None


def _replace(path: Path, text: str) -> None:
    made = path.with_name(f".{path.name}.{token_hex(6)}")
    try:
        with made.open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, made)
        made.replace(path)
    finally:
        made.unlink(missing_ok=True)
