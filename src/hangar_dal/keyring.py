"""Load the sealing keys from the settings, a key file, a generated file next to a SQLite database, or a function.

`settings` and `sealing` do not import each other.
"""

import asyncio
import inspect
import os
import secrets
import stat
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from hangar_dal.errors import SettingsError, raise_alone
from hangar_dal.sealing import Keyring, new_key, parse_keys
from hangar_dal.settings import Settings, SqliteTarget
from hangar_dal.urls import MEMORY

_MAX_FILE_BYTES: Final = 1 << 16
_ROOT: Final = 0

Keys = Callable[[], str | SecretStr | Awaitable[str | SecretStr]]
"""A function of the application that returns the keys, for example from a key management service.

It returns them in the format of HANGAR_SEALING_KEYS: `id:base64` entries, the sealing key first.
"""


def open_keyring(settings: Settings) -> Keyring:
    """Return the keys of HANGAR_SEALING_KEYS, of HANGAR_SEALING_KEY_FILE, or of the key file of a SQLite database.

    A missing key file is created; `missing_key_file` returns its path in advance. Back up the key file too, but
    separately from the database. `:memory:` gets a key that is not stored. Raises `SettingsError`.
    """
    try:
        return _found(settings)
    except SettingsError as error:
        raise_alone(error.with_traceback(None))  # deeper frames have keys in local variables


def _found(settings: Settings) -> Keyring:
    if settings.sealing_keys is not None:
        return _of_entries(settings.sealing_keys.get_secret_value(), "HANGAR_SEALING_KEYS")
    if settings.sealing_key_file is not None:
        return _read(settings.sealing_key_file)
    if not isinstance(settings.target, SqliteTarget):
        raise SettingsError(
            "HANGAR_SEALING_KEYS: not set, and PostgreSQL has no key file of its own. Make a key with "
            "`hangar-dal keys new`, and put it into HANGAR_SEALING_KEYS or into the file of HANGAR_SEALING_KEY_FILE."
        )
    if settings.target.path == MEMORY:
        return parse_keys(new_key())
    if missing := missing_key_file(settings):
        _make(missing)
    return _read(_beside(settings.target))


async def ask_for_keyring(keys: Keys) -> Keyring:
    """Return the keyring from a function of the application. A plain function runs in a thread, so it may block.

    Errors show neither the return value of the function nor the message of its exception: both may contain keys.
    """
    try:
        return _parsed(keys, await _asked(keys))
    except SettingsError as error:
        raise_alone(error.with_traceback(None))  # deeper frames have keys in local variables


async def _asked(keys: Keys) -> Any:
    try:
        if inspect.iscoroutinefunction(keys):
            return await keys()
        answer, fault = await asyncio.to_thread(_called, keys)
        if fault is not None:
            raise fault
        return await answer if inspect.isawaitable(answer) else answer
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        raise_alone(
            SettingsError(
                f"{_named(keys)}, raised {type(error).__name__} at {place.filename}:{place.lineno}. Its message is not "
                "shown, because it may hold keys."
            )
        )


def _called(keys: Keys) -> tuple[Any, Exception | None]:
    """Return the answer or the error. A future cannot carry a StopIteration out of a thread."""
    try:
        return keys(), None
    except Exception as error:
        return None, error


def _parsed(keys: Keys, answer: Any) -> Keyring:
    text = answer.get_secret_value() if isinstance(answer, SecretStr) else answer
    if not isinstance(text, str):
        raise SettingsError(
            f"{_named(keys)}, returned {type(answer).__name__}. It must return a str or a SecretStr with the entries "
            "of HANGAR_SEALING_KEYS."
        )
    return _of_entries(text, f"what {_named(keys)}, returned")


def _named(keys: Keys) -> str:
    return f"the function of keys=, {getattr(keys, '__qualname__', type(keys).__name__)}"


def missing_key_file(settings: Settings) -> Path | None:
    """Return the key file that `open_keyring` would create; None if it would create none."""
    target = settings.target
    if settings.sealing_keys is not None or settings.sealing_key_file is not None:
        return None
    if not isinstance(target, SqliteTarget) or target.path == MEMORY:
        return None
    path = _beside(target)
    try:
        path.stat()
    except FileNotFoundError:
        return path
    except OSError as error:
        raise_alone(_unreadable(path, error))
    return None


def _beside(target: SqliteTarget) -> Path:
    return Path(f"{target.path}.key")


def _read(path: Path) -> Keyring:
    try:
        # O_NONBLOCK: opening a pipe would otherwise wait for a writer.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(_MAX_FILE_BYTES + 1) if stat.S_ISREG(status.st_mode) else b""
    except OSError as error:
        raise_alone(_unreadable(path, error))
    if not stat.S_ISREG(status.st_mode):
        raise SettingsError(f"{path}: not a regular file, so it cannot be a key file")
    _refuse_readers(path, status)
    if len(content) > _MAX_FILE_BYTES:
        raise SettingsError(f"{path}: larger than {_MAX_FILE_BYTES} bytes, so it cannot be a key file")
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise_alone(SettingsError(f"{path}: not UTF-8 text, so it cannot be a key file"))
    return _of_entries(text, str(path))


def _of_entries(text: str, where: str) -> Keyring:
    try:
        return parse_keys(text)
    except SettingsError as error:
        raise_alone(SettingsError(f"{where}: {error}"))


def _refuse_readers(path: Path, status: os.stat_result) -> None:
    """Raise `SettingsError` unless only the owner can read the key file, and the owner is this user or root.

    The group may read a file owned by root, because orchestrators provide secrets to non-root users this way.
    """
    if status.st_uid not in {os.geteuid(), _ROOT}:
        raise SettingsError(
            f"{path}: the key file belongs to another user, who can read and replace it. Change its owner to the user "
            "of this process, or to root."
        )
    mode = 0o600 if status.st_uid == os.geteuid() else 0o640
    if status.st_mode & 0o777 & ~mode:
        import shlex  # noqa: PLC0415 - only this error needs it

        raise SettingsError(
            f"{path}: other users can read or change the key file. Run: chmod {mode:o} {shlex.quote(str(path))}"
        )


def _unreadable(path: Path, error: OSError) -> SettingsError:
    reason = error.strerror or type(error).__name__
    return SettingsError(f"{path}: the key file cannot be read: {reason}. Repair it, or set HANGAR_SEALING_KEYS.")


def _make(path: Path) -> None:
    """Create the key file atomically. If two processes create it at once, the first file stays."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"# Opens the sealed values of {path.stem!a}. Back it up, but apart from the database.\n")
                file.write(f"{new_key()}\n")
                file.flush()
                os.fsync(file.fileno())
            path.hardlink_to(draft)  # unlike a rename, this fails if the file exists
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except FileNotFoundError:
        message = "the folder of the database does not exist. Create it, or correct the URL of the database."
        raise_alone(SettingsError(f"{path.parent}: {message}"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise_alone(
            SettingsError(
                f"{path}: the key file cannot be created: {reason}. Set HANGAR_SEALING_KEYS, or set "
                "HANGAR_SEALING_KEY_FILE to a file in another place."
            )
        )
