"""Check the tables as they are after all migrations: indexes for foreign keys, CHECKs with json_valid(), STRICT.

Each finding points at the migration that added the key, the CHECK or the table.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing
from itertools import islice, product
from typing import Final

from hangar_dal.migrations.declarations import tables_not_strict
from hangar_dal.migrations.faults import fault
from hangar_dal.migrations.files import MigrationFiles
from hangar_dal.migrations.formatting import readable
from hangar_dal.migrations.identifiers import folded, written
from hangar_dal.migrations.round_trip import RoundTrip
from hangar_dal.migrations.schema import ForeignKey, Table
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

_VALID_JSON: Final = re.compile(r"\bjson_valid \( (\w+|\"[^\"]+\"|`[^`]+`|\[[^]]+\]) [,)]")
_NOT_NULL: Final = frozenset({"IS NOT NULL", "NOT NULL", "NOTNULL"})
_MOST_ROWS: Final = 1000  # of other columns' values, with which a CHECK is tried


def find_in_tables(
    files: Sequence[MigrationFiles], round_trip: RoundTrip, small_tables: Collection[str] = ()
) -> Iterator[Finding]:
    """Yield a finding for each fault of a table. Yields nothing if some migration could not be applied."""
    if not round_trip.reached_end_of(files):
        return
    on_sqlite = [each for each in files if round_trip.dialect == "sqlite"]
    not_strict = {name for each in on_sqlite for name in tables_not_strict(each.script("sqlite").text)}
    for table in round_trip.stages[-1].tables:
        yield from _unindexed(table, files, round_trip, small_tables)
        if round_trip.dialect == "sqlite":
            yield from _json_checks(table, files, round_trip)
            if table.name.lower() not in not_strict:
                yield from _loose(table, files, round_trip)


FOREIGN_KEY_UNINDEXED: Final = Rule(
    "foreign-key-unindexed",
    "error",
    "Each foreign key has an index that begins with one of its columns.",
    """\
Without such an index, each DELETE of a row that the foreign key may refer to reads the whole table. Create the index,
or add the referenced table to `small_tables`.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY) STRICT;
CREATE TABLE orders (
    id integer PRIMARY KEY,
    item_id integer NOT NULL REFERENCES items (id)
) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE orders;
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY) STRICT;
CREATE TABLE orders (
    id integer PRIMARY KEY,
    item_id integer NOT NULL REFERENCES items (id)
) STRICT;
CREATE INDEX idx_orders_item_id ON orders (item_id);
""",
)


def _unindexed(
    table: Table, files: Sequence[MigrationFiles], round_trip: RoundTrip, small_tables: Collection[str]
) -> Iterator[Finding]:
    for key in table.foreign_keys:
        if {table.name, key.table} & set(small_tables) or _is_served(table, key, round_trip.dialect):
            continue
        columns = ", ".join(map(written, key.columns))
        message = f"{table.name} ({columns}) refers to {key.table}, and no index begins with "
        message += "it" if len(key.columns) == 1 else "these columns"
        message += f": each DELETE of a row of {key.table} reads all of {table.name}"
        name = written("_".join(("idx", table.name, *key.columns)))
        fix = f"CREATE INDEX {name} ON {written(table.name)} ({columns}) in a new migration"
        fix += f", or name {key.table} in small_tables if its rows are never deleted"
        migration = _first(files, round_trip, table.name, key.columns, _foreign_keys)
        yield fault(migration, round_trip.dialect, "apply", FOREIGN_KEY_UNINDEXED, message, fix=fix)


def _is_served(table: Table, key: ForeignKey, dialect: Dialect) -> bool:
    """Whether an index begins with one of the key's columns: it finds the rows of the key and few others."""
    indexes = [table.primary_key, *(unique.columns for unique in table.uniques)]
    indexes += [index.columns for index in table.indexes if index.valid and _has_each_key(index.where, key, dialect)]
    first = {index[0].removesuffix(" DESC").strip('"') for index in indexes if index}
    return bool(first & set(key.columns))


def _has_each_key(where: str, key: ForeignKey, dialect: Dialect) -> bool:
    """Whether an index omits no row that refers to another one: it omits only rows with NULL in the key's columns."""
    columns = {name if dialect == "postgresql" else name.lower() for name in key.columns}
    tests: list[list[Token]] = [[]]
    for token in tokens_of(where, dialect):
        if token.text.upper() == "AND":
            tests.append([])
        elif token.text not in ("(", ")"):
            tests[-1].append(token)
    return not where or all(
        folded(test[0], dialect) in columns and " ".join(word.text.upper() for word in test[1:]) in _NOT_NULL
        for test in tests
    )


JSON_CHECK_NULL: Final = Rule(
    "json-check-null",
    "error",
    "A CHECK with json_valid() on a nullable column of SQLite accepts NULL.",
    """\
`json_valid(NULL)` is 0 in some versions of SQLite, such as 3.40, and NULL in others. So some refuse NULL in
`CHECK (json_valid(data))`, and others accept it. Write `data IS NULL OR json_valid(data)`, or NOT NULL.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (
    id integer PRIMARY KEY,
    data text CHECK (json_valid(data))
) STRICT;
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (
    id integer PRIMARY KEY,
    data text CHECK (data IS NULL OR json_valid(data))
) STRICT;
""",
)


def _json_checks(table: Table, files: Sequence[MigrationFiles], round_trip: RoundTrip) -> Iterator[Finding]:
    nullable = {column.name.lower(): column.name for column in table.columns if column.nullable}
    for check in table.checks:
        for found in _VALID_JSON.finditer(check.rule):
            name = nullable.get(found[1].strip('"`[]').lower())
            if name is None or not _refuses_null(check.rule, name, table):
                continue
            column = written(name)
            message = f"CHECK (json_valid({column})) on {table.name}.{name}, which is nullable: some versions of "
            message += "SQLite, such as 3.40, refuse NULL there"
            fix = f"write CHECK ({column} IS NULL OR json_valid({column})), or NOT NULL"
            migration = _first(files, round_trip, table.name, check.rule, _rules)
            yield fault(migration, "sqlite", "apply", JSON_CHECK_NULL, message, fix=fix)


def _refuses_null(rule: str, column: str, table: Table) -> bool:
    """Return whether the CHECK refuses NULL in the column only because json_valid(NULL) is false.

    SQLite tries the CHECK, with NULL and with the values that the CHECK names in its other columns.
    """
    tokens = tokens_of(rule, "sqlite")
    names = {folded(token, "sqlite") for token in tokens if token.kind in (Kind.WORD, Kind.NAME)}
    values = sorted({token.text for token in tokens if token.kind in (Kind.STRING, Kind.NUMBER)} | {"NULL", "''"})
    others = [each.name for each in table.columns if each.name != column and each.name.lower() in names]
    given = [["NULL"], *([values] * len(others))]
    with closing(sqlite3.connect(":memory:")) as connection:
        for row in islice(product(*given), _MOST_ROWS):
            columns = ", ".join(
                f"{value} AS {written(name)}" for value, name in zip(row, (column, *others), strict=True)
            )
            tried = f"SELECT NOT ({readable(rule)}) FROM (SELECT {columns}) AS {written(table.name)}"  # noqa: S608 - the file's own text
            if _is_true(tried, connection, of_null=0) and not _is_true(tried, connection, of_null=1):
                return True
    return False


def _is_true(query: str, connection: sqlite3.Connection, of_null: int) -> bool:
    """Return whether the value of the query is true, if `of_null` is the value of json_valid(NULL)."""
    connection.create_function("json_valid", -1, lambda json, *_: of_null if json is None else 1)
    try:
        return bool(connection.execute(query).fetchone()[0])
    except sqlite3.Error:  # such as json_type() of a text that is no JSON
        return False


TABLE_NOT_STRICT: Final = Rule(
    "table-not-strict",
    "error",
    "A table of SQLite is STRICT.",
    """\
Without STRICT, it stores values of any type, which PostgreSQL refuses. Write STRICT after CREATE TABLE (...) or, for a
table that cannot change, `-- not strict: table: reason` in a migration of SQLite. Virtual tables, such as those of
FTS5, cannot be STRICT and are not reported.
""",
    bad="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL);
--- migrations/sqlite/0001_items.rollback.sql
DROP TABLE items;
""",
    good="""\
--- migrations/sqlite/0001_items.sql
CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL) STRICT;
""",
)


def _loose(table: Table, files: Sequence[MigrationFiles], round_trip: RoundTrip) -> Iterator[Finding]:
    if "strict" not in table.options:
        message = f"{table.name} is not STRICT, so SQLite stores values of any type in its columns, such as 'x' in an "
        message += "integer column, and PostgreSQL refuses them"
        fix = "write CREATE TABLE ... (...) STRICT, with the types integer, real, text, blob or any"
        fix += f", or `-- not strict: {table.name}: reason` in a migration of SQLite"
        migration = _first(files, round_trip, table.name, table.options, _options)
        yield fault(migration, "sqlite", "apply", TABLE_NOT_STRICT, message, fix=fix)


def _options(table: Table) -> list[object]:
    return [table.options]


def _foreign_keys(table: Table) -> list[object]:
    return [key.columns for key in table.foreign_keys]


def _rules(table: Table) -> list[object]:
    return [check.rule for check in table.checks]


def _first(
    files: Sequence[MigrationFiles],
    round_trip: RoundTrip,
    table: str,
    wanted: object,
    all_of: Callable[[Table], list[object]],
) -> MigrationFiles:
    """Return the migration that added `wanted` to the table for the last time.

    `all_of` returns the parts of a table among which `wanted` is searched.
    """
    having = [
        any(each.name == table and wanted in all_of(each) for each in stage.tables) for stage in round_trip.stages
    ]
    lacking = [at for at, has in enumerate(having) if not has]
    return files[lacking[-1] + 1 if lacking else 0]
