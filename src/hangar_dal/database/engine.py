"""The pools, backups and listeners of an open database."""

from typing import NamedTuple

from hangar_dal.database.backup import Backups
from hangar_dal.database.listening import Listeners
from hangar_dal.database.local_settings import ApplierOf
from hangar_dal.database.pool import Pool
from hangar_dal.database.statement import Statement
from hangar_dal.errors import SettingsError
from hangar_dal.sqlscan import Dialect


class Engine(NamedTuple):
    """The parts of an open database.

    On PostgreSQL, `writers`, `readers` and `streams` are the same pool. On SQLite they are three pools. `:memory:` has
    one connection and no pool for streams. `no_table` is the `sqlstate` of the error for a table that does not exist.
    `fork_advice` says what to do instead of using the database in a forked child. `local_settings` checks the settings
    of a transaction. `version` reads the version of the server or of the library. `no_schema` is the error if the
    sessions look in no schema for tables.
    """

    dialect: Dialect
    writers: Pool
    readers: Pool
    streams: Pool | None
    backups: Backups
    listeners: Listeners
    no_table: str
    fork_advice: str
    local_settings: ApplierOf
    version: Statement
    no_schema: SettingsError | None = None

    @property
    def pools(self) -> set[Pool]:
        """All pools, without duplicates."""
        return {pool for pool in (self.writers, self.readers, self.streams) if pool is not None}
