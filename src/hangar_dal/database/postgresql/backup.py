"""PostgreSQL is backed up with its own programs."""

import os
from typing import Final

from hangar_dal.database.backup import Backup, Backups, Progress
from hangar_dal.errors import BackupFailed
from hangar_dal.sealing import Keyring


class _NoBackups:
    async def make(
        self,
        path: str | os.PathLike[str],
        keyring: Keyring | None,
        *,
        progress: Progress | None,
        accept_unopened: bool,
    ) -> Backup:
        raise BackupFailed(
            "Only SQLite databases can be backed up with this. Use PostgreSQL's own programs, pg_dump or "
            "pg_basebackup: docs/deployment.md describes it."
        )

    async def close(self) -> None:
        """There is nothing to stop."""


NO_BACKUPS: Final[Backups] = _NoBackups()
