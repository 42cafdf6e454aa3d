"""Test migrations before they are applied to an important database: `verify(...)`.

On scratch databases, each migration is applied, rolled back and applied again. The schemas of the two databases are
compared after each migration. Unsafe DDL and edited files that were already applied are reported. The top layer.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.beyond import FIX, beyond
from hangar_dal.migrations.differences import MIGRATION_FILE, find_differences, find_malformed
from hangar_dal.migrations.faults import fault
from hangar_dal.migrations.files import MigrationFiles, migrations_in
from hangar_dal.migrations.finished_tables import find_in_tables
from hangar_dal.migrations.ignoring import without_ignored
from hangar_dal.migrations.owners import FIX as OWNERS_FIX
from hangar_dal.migrations.owners import shared_tables
from hangar_dal.migrations.round_trip import MakeScratch, Progress, RoundTrip, run_round_trip
from hangar_dal.migrations.row_round_trip import run_row_round_trip
from hangar_dal.migrations.scratch import Server, empty_postgresql, empty_sqlite
from hangar_dal.migrations.scripts import DIRECTIONS
from hangar_dal.migrations.status import status
from hangar_dal.migrations.targets import target_of
from hangar_dal.migrations.trigger_twins import find_in_triggers, find_unequal_rules
from hangar_dal.migrations.unsafe import find_unsafe, squawk_program
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import DIALECTS, Dialect


def verify(
    folders: Sequence[Path],
    *,
    postgresql: Server | None,
    dialects: Sequence[Dialect] = DIALECTS,
    lint: bool = True,
    database: str | None = None,
    small_tables: Collection[str] = (),
    progress: Progress = lambda _: None,
) -> tuple[Finding, ...]:
    """Return all findings, sorted by file. Changes only scratch databases.

    `dialects` are the databases that the migrations are written for. The migrations of `folders` are applied in the
    order of the folders. `postgresql` is the URL of a server on which to create a scratch database, or a `Throwaway`.
    If it is None, PostgreSQL is not tested and the databases are not compared. `lint` needs squawk. Edited files are
    found with the history of `database`, or else of the database of the settings. A foreign key to one of
    `small_tables` needs no index.
    """
    if lint:
        squawk_program()  # refuse at once, not after all migrations were tried
    files = migrations_in(folders)
    broken = list(_broken(files, dialects))  # yoyo cannot load any file if one is malformed
    if postgresql is not None and not broken:
        broken = list(_beyond(files))
    if not broken:
        broken = list(_shared(files))
    if broken:
        return tuple(sorted(broken))
    findings = [*_edited(files, database, folders, dialects), *find_malformed(files)]
    tried: dict[Dialect, RoundTrip] = {}
    empty: dict[Dialect, MakeScratch] = {"sqlite": empty_sqlite}
    if postgresql is not None:
        empty["postgresql"] = partial(empty_postgresql, postgresql)
    for dialect in dialects:
        if (make := empty.get(dialect)) is not None:
            there = tried[dialect] = run_round_trip(dialect, make, folders, progress)
            findings += [*there.findings, *run_row_round_trip(there, make, folders, progress)]
            findings += [*find_in_tables(files, there, small_tables), *find_in_triggers(files, there)]
    if len(tried) == len(DIALECTS):
        findings += find_unequal_rules(files, tried["sqlite"], tried["postgresql"])
        findings += find_differences(files, tried["sqlite"], tried["postgresql"])
    if lint and "postgresql" in dialects:
        findings += find_unsafe(files)
    ended: list[Dialect] = [dialect for dialect, there in tried.items() if there.reached_end_of(files)]
    return tuple(sorted(without_ignored(findings, files, ended)))


def _broken(files: Sequence[MigrationFiles], dialects: Sequence[Dialect]) -> Iterator[Finding]:
    for migration in files:
        for dialect in dict.fromkeys((*migration.dialects, *dialects)):
            for direction in DIRECTIONS:
                try:
                    migration.script(dialect, direction).statements()
                except MigrationError as error:
                    fix = error.fix or "correct the file"
                    yield fault(migration, dialect, direction, MIGRATION_FILE, error.message, fix=fix)


BEYOND_DATABASE: Final = Rule(
    "beyond-database",
    "error",
    "A migration changes its own database and nothing else.",
    """\
A statement changes roles, settings of the server or another database, or runs a program. A scratch database cannot
confine it, so nothing is applied. Move it to the scripts that set up servers.
""",
    bad="""\
--- migrations/sqlite/0001_reporting.sql
SELECT 1;
--- migrations/sqlite/0001_reporting.rollback.sql
SELECT 1;
--- migrations/postgresql/0001_reporting.sql
CREATE ROLE reporting;
--- migrations/postgresql/0001_reporting.rollback.sql
DROP ROLE reporting;
""",
    good="""\
--- migrations/postgresql/0001_reporting.sql
-- Scripts that set up servers make the role reporting.
SELECT 1;
--- migrations/postgresql/0001_reporting.rollback.sql
SELECT 1;
""",
)


def _beyond(files: Sequence[MigrationFiles]) -> Iterator[Finding]:
    for migration in files:
        for direction, message in beyond(migration):
            yield fault(migration, "postgresql", direction, BEYOND_DATABASE, message, fix=FIX)


TABLE_SHARED: Final = Rule(
    "table-shared",
    "error",
    "No two folders of migrations create the same table.",
    """\
Two folders create the same table, so that two catalogs would own it; `apply` refuses that too. Rename one table, or
use the catalog that has it.
""",
    bad="",
    good="",
)


def _shared(files: Sequence[MigrationFiles]) -> Iterator[Finding]:
    for shared in shared_tables(files):
        yield fault(shared.migration, shared.dialect, "apply", TABLE_SHARED, shared.message, fix=OWNERS_FIX)


EDITED: Final = Rule(
    "edited",
    "error",
    "An applied migration is not edited.",
    """\
The database of `--database`, or else that of `DATABASE_URL`, applied the migration when its SQL was different. Undo
the edit, and write a new migration.
""",
    bad="",
    good="",
)


def _edited(
    files: Sequence[MigrationFiles], database: str | None, folders: Sequence[Path], dialects: Sequence[Dialect]
) -> Iterator[Finding]:
    dialect = target_of(database).dialect
    if database is None and dialect not in dialects:
        return  # the settings name no database of these migrations
    found = status(database, folders=folders)
    for migration in files:
        if migration.id in found.edited:
            yield fault(
                migration,
                dialect,
                "apply",
                EDITED,
                f"{found.where} applied this migration when its SQL was different",
                fix="undo the edit; a new migration changes what this one did",
            )
