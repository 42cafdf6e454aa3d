"""Read the history of the migrations of a database, without a lock, without creating tables and without yoyo."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from hangar_dal.database.postgresql.planted import no_schema
from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.running import explain_history
from hangar_dal.migrations.targets import MigrationTarget
from hangar_dal.pending_migrations import MIGRATION_TABLE

_EXISTS = {
    "sqlite": f"SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '{MIGRATION_TABLE}'",  # noqa: S608
    "postgresql": f"SELECT count(to_regclass('{MIGRATION_TABLE}'))",
}
_APPLIED_SQL = (
    f"SELECT migration_id, applied_at_utc FROM {MIGRATION_TABLE} "  # noqa: S608
    "ORDER BY applied_at_utc, migration_id"
)
# The latest entry of each migration comes last.
_LOG_SQL = """
SELECT migration_id, comment FROM _yoyo_log WHERE operation IN ('apply', 'mark') ORDER BY created_at_utc, id
"""


@dataclass(frozen=True, slots=True)
class History:
    """The applied migrations of a database.

    `applied` maps each id to the time of applying, in that order. `digests` maps the id to the digest of the SQL that
    was applied, if the log has it.
    """

    applied: Mapping[str, datetime | None] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


def read_history(target: MigrationTarget) -> History:
    """Return the history, which is empty if the database has none or does not exist yet."""
    if not target.exists:
        return History()
    with closing(target.connect(read_only=True)) as connection:
        try:
            return _read(target, connection)
        except Exception as error:
            if reason := explain_history(error):
                raise_alone(MigrationError(f"{target.location.where}: the history of the migrations: {reason}"))
            raise


def _read(target: MigrationTarget, connection: Any) -> History:
    if not connection.execute(_EXISTS[target.dialect]).fetchone()[0]:
        if target.dialect == "postgresql" and connection.execute("SELECT current_schema()").fetchone()[0] is None:
            raise no_schema()
        return History()
    applied = {migration: _instant(at) for migration, at in connection.execute(_APPLIED_SQL)}
    log = {migration: comment for migration, comment in connection.execute(_LOG_SQL) if migration in applied}
    return History(applied, {migration: comment for migration, comment in log.items() if comment})


def _instant(stored: datetime | str | None) -> datetime | None:
    """Return the time with its time zone. yoyo stores UTC without a time zone, on SQLite as text."""
    read = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return None if read is None else read.replace(tzinfo=UTC)
