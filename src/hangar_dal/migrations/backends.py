"""The backends by database. In yoyo.ini, `database = hangar://` means the database of the application's settings.

Imports only the backend that is needed.
"""

import atexit
from typing import Any

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.targets import MigrationTarget, target_of
from hangar_dal.migrations.yoyo_command import shorten_errors
from hangar_dal.pending_migrations import MIGRATION_TABLE


def from_settings(uri: Any, migration_table: str) -> Any:
    """Return a backend for the database of the settings: the entry point `hangar` in the group `yoyo.backends`.

    Raises `MigrationError` if `uri`, as yoyo parsed it, is more than `hangar://`.
    """
    shorten_errors()
    if uri.hostname or uri.database or uri.args:
        raise MigrationError(
            "hangar:// must have nothing after it: DATABASE_URL names the database, and SQLite is the default"
        )
    if migration_table != MIGRATION_TABLE:
        raise MigrationError(f"the history is kept in {MIGRATION_TABLE}; --migration-table cannot change it")
    backend = backend_for(target_of(None))
    atexit.register(backend.connection.close)  # yoyo's commands do not close it
    return backend


def backend_for(target: MigrationTarget) -> Any:
    """Return a connected backend. The caller must call yoyo's `init_database()` on it."""
    if target.dialect == "sqlite":
        from hangar_dal.migrations.backend_sqlite import SqliteBackend  # noqa: PLC0415 - its driver

        return SqliteBackend(target, MIGRATION_TABLE)
    from hangar_dal.migrations.backend_postgresql import PostgresBackend  # noqa: PLC0415 - its driver

    return PostgresBackend(target, MIGRATION_TABLE)
