"""Show the diff of a file, and write the file atomically: a crash leaves either the old or the new file."""

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
class FileChange:
    """The whole text of a file before and after the change. `before` is empty for a new file."""

    path: Path
    before: str
    after: str


def diff_of(change: FileChange) -> Iterator[str]:
    """Return the lines of a unified diff, without line breaks."""
    name = display_path(change.path)
    before, after = (text.replace("\r\n", "\n").splitlines() for text in (change.before, change.after))
    return unified_diff(before, after, name if change.before else "/dev/null", name, lineterm="")


def write(change: FileChange) -> None:
    """Replace the file and keep its mode. Raises `SettingsError` if the file has changed since it was read."""
    path = change.path.resolve()  # resolve symbolic links, so that the link stays
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        now = path.read_bytes().decode("utf-8") if path.exists() else ""
        if now != change.before:
            raise SettingsError(
                f"{display_path(change.path)} has changed since the command read it; run the command again"
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
