"""Refuse to back up PostgreSQL: it has its own programs for backups."""

from typing import Final

from hangar_dal.database.backup import Backup, Backups
from hangar_dal.errors import BackupFailed


class _NoBackups:
    async def make(self, *arguments: object, **options: object) -> Backup:
        raise BackupFailed(
            "Only SQLite databases can be backed up with this function or command. Use PostgreSQL's own programs, "
            "pg_dump or pg_basebackup: docs/deployment.md describes it."
        )

    async def close(self) -> None:
        """Do nothing: there are no running backups."""


NO_BACKUPS: Final[Backups] = _NoBackups()
