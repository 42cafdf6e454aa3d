"""Check that applying a migration to filled tables and rolling it back restores the rows.

Columns and tables that a migration drops are not compared, because their values are lost on purpose. A migration that
fails on the made-up rows is not reported.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final

from hangar_dal.errors import MigrationError
from hangar_dal.migrations.declarations import excuses_rows
from hangar_dal.migrations.faults import fault
from hangar_dal.migrations.files import MigrationFiles, migrations_in
from hangar_dal.migrations.filling import fill_postgresql, fill_sqlite
from hangar_dal.migrations.guard import PostgresScratch, Scratch
from hangar_dal.migrations.round_trip import MakeScratch, Progress, RoundTrip
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.scripts import DIRECTIONS
from hangar_dal.migrations.yoyo_session import migrating
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect, Kind, tokens_of

_CHANGING: Final = frozenset(
    {"ALTER", "UPDATE", "INSERT", "DELETE", "TRUNCATE", "MERGE", "REPLACE", "DO", "CALL", "SELECT"}
)

Columns = Mapping[str, Sequence[str]]  # by table
Rows = Mapping[str, Sequence[Sequence[Any]]]


def run_row_round_trip(
    round_trip: RoundTrip, make_scratch: MakeScratch, folders: Sequence[Path], progress: Progress
) -> Iterator[Finding]:
    """Yield a finding for each migration that does not restore rows. Yields nothing if `round_trip` has findings."""
    files, dialect = migrations_in(folders), round_trip.dialect
    if round_trip.findings or not round_trip.reached_end_of(files):
        return
    wanted = [at for at, each in enumerate(files) if at and _may_change_rows(each, dialect, round_trip.stages[at - 1])]
    while wanted:
        with make_scratch() as scratch, migrating(scratch, folders) as (backend, by_folder):
            steps = {step.id: step for step in chain.from_iterable(by_folder)}
            for at, migration in enumerate(files):
                step = steps[migration.id]
                found: list[Finding] = []
                try:
                    if at in wanted:
                        wanted.remove(at)
                        progress(f"{migration.id} on {dialect}, with rows")
                        before, after = round_trip.stages[at - 1], round_trip.stages[at]
                        _fill(scratch, backend, before)
                        found = _compared(migration, backend, step, _columns_of_both(before, after))
                    backend.apply_one(step)
                except MigrationError:
                    break  # it fails on the made-up rows: continue with the next on a new database
                finally:
                    yield from found
                if not wanted:
                    break


ROWS_DIFFER: Final = Rule(
    "rows-differ",
    "error",
    "A migration and its rollback leave the rows as they were.",
    """\
The migrations are applied to tables with made-up rows. After apply and rollback, a table holds other rows than
before. Restore them in the rollback, or write `-- rows differ: reason` in it.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
--- migrations/sqlite/0002_short_names.sql
UPDATE items SET name = substr(name, 1, 3);
--- migrations/sqlite/0002_short_names.rollback.sql
SELECT 1;
""",
    good="""\
--- migrations/sqlite/0002_short_names.rollback.sql
-- rows differ: the long names are gone
SELECT 1;
""",
)


def _compared(migration: MigrationFiles, backend: Any, step: Any, columns: Columns) -> list[Finding]:
    before = _read(backend, columns)
    backend.apply_one(step)
    backend.rollback_one(step)
    after = _read(backend, columns)
    lines = [line for table in columns for line in _differences(table, columns[table], before[table], after[table])]
    if not lines:
        return []
    message = f"after apply and rollback, rows are not what they were before: {'; '.join(lines)}"
    fix = "restore them in the rollback, or write `-- rows differ: reason` in the rollback"
    return [fault(migration, backend.dialect, "rollback", ROWS_DIFFER, message, fix=fix)]


def _differences(
    table: str, columns: Sequence[str], before: Sequence[Sequence[Any]], after: Sequence[Sequence[Any]]
) -> Iterator[str]:
    """Yield a sentence with the numbers of rows, or with the columns whose values differ. It contains no values."""
    if len(before) != len(after):
        yield f"{table} had {len(before)} rows and has {len(after)}"
    elif Counter(map(repr, before)) != Counter(map(repr, after)):
        pairs = zip(zip(*before, strict=True), zip(*after, strict=True), strict=True)
        changed = [name for name, (one, other) in zip(columns, pairs, strict=True) if Counter(one) != Counter(other)]
        yield f"{table} has other values in {', '.join(changed) or 'its rows'}"


def _may_change_rows(migration: MigrationFiles, dialect: Dialect, before: Schema) -> bool:
    """Whether the migration may change rows of existing tables, and its rollback does not declare `rows differ`."""
    if excuses_rows(migration.script(dialect, "rollback").text, dialect):
        return False
    for direction in DIRECTIONS:
        words = [
            token.text.strip('"')
            for token in tokens_of(migration.script(dialect, direction).text, dialect)
            if token.kind in (Kind.WORD, Kind.NAME)
        ]
        for word, previous in zip(words, ["", *words], strict=False):
            if word.upper() in _CHANGING and previous.upper() != "ON":  # ON DELETE CASCADE
                return True
        if "TABLE" in (each.upper() for each in words) and _drops_one_of(words, {each.name for each in before.tables}):
            return True
    return False


def _drops_one_of(words: Sequence[str], tables: set[str]) -> bool:
    return any(word.upper() == "DROP" for word in words) and bool(tables & set(words))


def _columns_of_both(before: Schema, after: Schema) -> Columns:
    there = {table.name: {column.name for column in table.columns} for table in after.tables}
    found = {
        table.name: [column.name for column in table.columns if column.name in there.get(table.name, ())]
        for table in before.tables
    }
    return {table: columns for table, columns in found.items() if columns}


def _fill(scratch: Scratch, backend: Any, schema: Schema) -> None:
    if isinstance(scratch, PostgresScratch):
        fill_postgresql(scratch, backend.connection, schema)
    else:
        fill_sqlite(scratch, backend.connection, schema)


def _read(backend: Any, columns: Columns) -> Rows:
    """Return the rows of each table, with all values as text, so that they can be compared on both databases."""
    with backend.transaction():
        return {table: [tuple(row) for row in _select(backend, table, names)] for table, names in columns.items()}


def _select(backend: Any, table: str, names: Sequence[str]) -> list[Any]:
    listed = ", ".join(f'CAST("{name}" AS text)' for name in names)
    found: list[Any] = backend.connection.execute(f'SELECT {listed} FROM "{table}"').fetchall()  # noqa: S608 - its own names
    return found
