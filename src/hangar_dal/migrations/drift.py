"""Compare the schema of a database with the schema that the migrations produce. The difference is called drift.

The database is read in read-only transactions. The migrations are applied to a scratch database.
"""

from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hangar_dal.carrier import Carrier
from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.files import migrations_in, named_folders
from hangar_dal.migrations.history import read_history
from hangar_dal.migrations.running import explain
from hangar_dal.migrations.schema import Schema, differences
from hangar_dal.migrations.schema_history import SchemaHistory, build_schema_history, read_alone
from hangar_dal.migrations.scratch import empty_like
from hangar_dal.migrations.targets import MigrationTarget, target_of


@dataclass(frozen=True, slots=True)
class Drift:
    """The drift of one database, whose place is `where`.

    `differences` are lines of a diff: `-` marks what the applied migrations produce, `+` what the database has.
    `unknown` are the ids of applied migrations whose files are missing; their changes appear as drift. `foreign` are
    tables that no migration creates; they are not compared.
    """

    where: str
    differences: tuple[str, ...]
    unknown: tuple[str, ...]
    foreign: tuple[str, ...]


def drift(
    url: str | None = None,
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    throwaway: str | None = None,
) -> Drift:
    """Compare a database with the schema that its applied migrations produce, as their files are now.

    To compare, the migrations are applied to a scratch database. On PostgreSQL this is a new database on the same
    server, or `throwaway`, the URL of an empty one. Raises `MigrationError` if the database has no history.
    """
    target = target_of(url)
    applied = read_history(target).applied
    if not applied:
        raise MigrationError(
            f"{target.location.where} has no history of migrations, so it cannot be compared",
            "`hangar-dal migrations adopt` compares and marks a database that has the tables",
        )
    files = migrations_in(named_folders(catalog, folders))
    with _reading(target) as connection:
        found = read_alone(target.dialect, connection)
    with empty_like(target, throwaway) as scratch:
        schemas = SchemaHistory(found, build_schema_history(scratch, [one for one in files if one.id in applied]))
    known = {migration.id for migration in files}
    return Drift(
        target.location.where,
        differences(schemas.stages[-1], schemas.ours),
        tuple(migration for migration in applied if migration not in known),
        tuple(sorted(schemas.found.names - schemas.ours.names)),
    )


def database_schema(url: str | None = None) -> Schema:
    """Return all objects of the database except yoyo's tables. Raises `MigrationError` if the file does not exist."""
    target = target_of(url)
    if not target.exists:
        raise MigrationError(f"{target.location.where} does not exist")
    with _reading(target) as connection:
        return read_alone(target.dialect, connection)


def migrated_schema(
    url: str | None = None,
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    throwaway: str | None = None,
) -> Schema:
    """Return the schema that these migrations produce, in the dialect of the database that `url` names.

    The schema of that database does not matter. The migrations are applied to a scratch database, as in `drift`.
    """
    target, files = target_of(url), migrations_in(named_folders(catalog, folders))
    with empty_like(target, throwaway) as scratch:
        return build_schema_history(scratch, files)[-1]


@contextmanager
def _reading(target: MigrationTarget) -> Generator[Any]:
    with closing(target.connect(read_only=True)) as connection:
        try:
            yield connection
        except Exception as error:
            if reason := explain(error):
                raise_alone(MigrationError(f"{target.location.where}: {reason}"))
            raise
