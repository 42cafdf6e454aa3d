"""The pools, backups and listeners of an open database."""

from dataclasses import dataclass

from hangar_dal.database.backup import Backups
from hangar_dal.database.listening import Listeners
from hangar_dal.database.pool import Pool
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of an open database.

    On PostgreSQL, `writers`, `readers` and `streams` are the same pool. On SQLite they are three pools. `:memory:` has
    one connection and no pool for streams.
    """

    dialect: Dialect
    writers: Pool
    readers: Pool
    streams: Pool | None
    backups: Backups
    listeners: Listeners

    @property
    def pools(self) -> set[Pool]:
        """All pools, without duplicates."""
        return {pool for pool in (self.writers, self.readers, self.streams) if pool is not None}
