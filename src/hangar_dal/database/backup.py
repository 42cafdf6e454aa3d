"""The interface of backups for both databases, and a function to back up a database that is not open.

`sqlite/backup.py` implements backups. PostgreSQL has its own programs for backups. Below `engine`.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from hangar_dal.errors import SealError
from hangar_dal.keyring import Keys, ask_for_keyring, missing_key_file, open_keyring
from hangar_dal.sealing import Keyring
from hangar_dal.settings import Settings, SqliteTarget

Progress = Callable[[int, int], object]
"""Called with the number of copied pages and the number of all pages."""


class Backup(NamedTuple):
    """A finished copy. It passed `integrity_check` and `foreign_key_check`, and it was synced to the disk.

    `opened` is the number of sealed values that were opened with the keys. `undeclared` is the number of sealed values
    for which only the key id was compared, because no imported model declares their column. `unopened` has the first
    1,000 of `unopened_count` errors.
    """

    path: Path
    pages: int
    size: int
    opened: int
    undeclared: int
    unopened_count: int
    unopened: tuple[SealError, ...]


class Backups(Protocol):
    """The backups of one open database."""

    async def make(
        self,
        path: str | os.PathLike[str],
        keyring: Keyring | None,
        *,
        progress: Progress | None,
        accept_unopened: bool,
    ) -> Backup: ...

    async def close(self) -> None:
        """Stop the running backups. Their callers get `DatabaseClosed`, and their copies are removed."""
        ...


async def back_up(
    settings: Settings,
    path: str | os.PathLike[str],
    *,
    keys: Keys | None = None,
    progress: Progress | None = None,
    accept_unopened: bool = False,
) -> Backup:
    """Copy the database of the settings, as `Database.backup` does, without opening it for an application.

    Creates neither a database nor a key file. Without a key file, no sealed value can be opened. `keys` is a function
    as for `open_database(keys=...)`.
    """
    backups = _backups(settings)
    keyring = await _keyring(settings, keys)
    return await backups.make(path, keyring, progress=progress, accept_unopened=accept_unopened)


async def _keyring(settings: Settings, keys: Keys | None) -> Keyring | None:
    if not isinstance(settings.target, SqliteTarget):
        return None
    if keys is not None:
        return await ask_for_keyring(keys)
    return open_keyring(settings) if missing_key_file(settings) is None else None


def _backups(settings: Settings) -> Backups:
    if isinstance(settings.target, SqliteTarget):
        from hangar_dal.database.sqlite.backup import backups_of  # noqa: PLC0415 - its driver

        return backups_of(settings.target, lock_timeout=settings.lock_timeout)
    from hangar_dal.database.postgresql.backup import NO_BACKUPS  # noqa: PLC0415 - as above

    return NO_BACKUPS
