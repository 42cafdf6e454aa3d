"""What opening a dialect gives: its connections, sorted by what they are for. Builds on `pool`."""

from dataclasses import dataclass

from hangar_dal.database.backup import Backups
from hangar_dal.database.listening import Listeners
from hangar_dal.database.pool import Pool
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Engine:
    """PostgreSQL has one pool in all three roles, SQLite a pool for each; `:memory:` has one connection, no streams."""

    dialect: Dialect
    writers: Pool
    readers: Pool
    streams: Pool | None
    backups: Backups
    listeners: Listeners

    @property
    def pools(self) -> set[Pool]:
        """Each once."""
        return {pool for pool in (self.writers, self.readers, self.streams) if pool is not None}
