"""Find the migrations that explain the schema of a database that has tables but no migration history.

The schema of the database must equal one of the stages, the schemas after each migration.
"""

from collections.abc import Sequence
from typing import Any

from hangar_dal.errors import MigrationError, SchemaDiffers
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.schema import differences, distance
from hangar_dal.migrations.schema_history import SchemaHistory, build_schema_history, read_alone
from hangar_dal.migrations.scratch import empty_like
from hangar_dal.migrations.targets import MigrationTarget
from hangar_dal.pending_migrations import APPLIED_SQL


def migrations_present(
    target: MigrationTarget, connection: Any, migrations: Sequence[MigrationFiles], *, throwaway: str | None = None
) -> tuple[str, ...]:
    """Return the ids of the first migrations that together produce exactly the schema of the database, in order.

    Ignores tables that no migration creates. Raises `SchemaDiffers` if the schema equals none of the stages, and
    `MigrationError` if the database already has a history or has none of the tables.
    """
    if connection.execute(APPLIED_SQL).fetchone() is not None:
        raise MigrationError(
            f"{target.location.where} has a history of migrations already; `apply` brings it up to date"
        )
    with empty_like(target, throwaway) as scratch:
        schemas = SchemaHistory(read_alone(target.dialect, connection), build_schema_history(scratch, migrations))
    found = schemas.ours
    if not found.tables:
        raise MigrationError(
            f"{target.location.where} has none of the tables, so there is nothing to adopt; run `apply`"
        )
    # If two stages are equal, take the earlier one: a migration that changes only rows leaves no trace in the schema.
    for count, stage in enumerate(schemas.stages):
        if stage == found:
            return tuple(migration.id for migration in migrations[:count])
    last = len(schemas.stages) - 1
    nearest = min(range(last, -1, -1), key=lambda count: distance(schemas.stages[count], found))  # the latest wins
    after = f"The most similar schema is that after {migrations[nearest - 1].id}" if nearest else "No schema is similar"
    raise SchemaDiffers(
        f"{target.location.where} was not adopted, and nothing was marked: no migration results in its schema. "
        f"{after} (- migrations, + database):",
        differences=differences(schemas.stages[nearest], found),
    )
