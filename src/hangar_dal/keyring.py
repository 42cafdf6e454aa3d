"""Finds the keys that seal: in the settings, in a key file, or in one made beside a SQLite database.

Stands above `settings` and `sealing`, which know nothing of each other.
"""

import os
import secrets
import shlex
from pathlib import Path
from typing import Final

from hangar_dal.errors import SettingsError, raise_alone
from hangar_dal.sealing import Keyring, new_key, parse_keys
from hangar_dal.settings import Settings, SqliteTarget
from hangar_dal.urls import MEMORY

_MAX_FILE_BYTES: Final = 1 << 16


def open_keyring(settings: Settings) -> Keyring:
    """HANGAR_SEALING_KEYS, else HANGAR_SEALING_KEY_FILE, else the key file of the SQLite database.

    That file is made when it is first needed: it belongs into every backup of the database, at another place.
    `:memory:` gets a key that nobody keeps.
    """
    if settings.sealing_keys is not None:
        return parse_keys(settings.sealing_keys.get_secret_value())
    if settings.sealing_key_file is not None:
        return _read(settings.sealing_key_file)
    if not isinstance(settings.target, SqliteTarget):
        raise SettingsError(
            "HANGAR_SEALING_KEYS: not set, and PostgreSQL has no key file of its own; make a key with "
            "`hangar-dal new-key` and put it into HANGAR_SEALING_KEYS, or into the file of HANGAR_SEALING_KEY_FILE"
        )
    if settings.target.path == MEMORY:
        return parse_keys(new_key())
    path = Path(f"{settings.target.path}.key")
    if not path.exists():
        _make(path)
    return _read(path)


def _read(path: Path) -> Keyring:
    try:
        with path.open("rb") as file:
            status, volume = os.fstat(file.fileno()), os.fstatvfs(file.fileno())
            text = file.read(_MAX_FILE_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise_alone(
            SettingsError(
                f"{path}: the key file cannot be read ({type(error).__name__}); mend it, or set HANGAR_SEALING_KEYS"
            )
        )
    # A secret that an orchestrator mounts is often readable by all and cannot be changed: only what can be is refused.
    can_be_changed = os.geteuid() in {0, status.st_uid} and not volume.f_flag & os.ST_RDONLY
    if status.st_mode & 0o077 and can_be_changed:
        raise SettingsError(f"{path}: other users can read the key file; run: chmod 600 {shlex.quote(str(path))}")
    try:
        return parse_keys(text)
    except SettingsError as error:
        raise_alone(SettingsError(f"{path}: {error}"))


def _make(path: Path) -> None:
    """A key file that appears whole or not at all. Of two processes that make it at once, the first one's stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"# Opens the sealed values of {path.stem!a}. Back it up, but apart from the database.\n")
                file.write(f"{new_key()}\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)  # unlike a rename, fails if the file is there by now
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise_alone(
            SettingsError(
                f"{path}: the key file cannot be made ({type(error).__name__}); set HANGAR_SEALING_KEYS, "
                "or HANGAR_SEALING_KEY_FILE to a place that can be written to"
            )
        )
