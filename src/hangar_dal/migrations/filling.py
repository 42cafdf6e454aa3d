"""Insert rows into the tables of a scratch database, to see what a migration does to existing rows.

The values depend on the type of the column and on the literals in its CHECKs. The rows need not satisfy CHECKs and
foreign keys. On PostgreSQL these constraints are dropped and added again as NOT VALID. On SQLite the connection ignores
CHECKs from then on.
"""

from collections.abc import Iterator
from typing import Any, Final

from hangar_dal.migrations.guard import Change, PostgresScratch, SqliteScratch
from hangar_dal.migrations.schema import Column, Schema, Table
from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

ROWS: Final = 3
_RULES: Final = """
SELECT quote_ident(r.conname), pg_get_constraintdef(r.oid)
FROM pg_catalog.pg_constraint AS r
WHERE r.conrelid = %s::regclass AND r.contype IN ('c', 'f') AND r.coninhcount = 0
"""
# The n-th value of each type; a column of any other type gets NULL.
_SQLITE: Final = {"text": "'text {n}'", "integer": "{n}", "int": "{n}", "real": "{n}.5", "blob": "x'0{n}'"}
_POSTGRESQL: Final = {
    "uuid": "'00000000-0000-7000-8000-00000000000{n}'",
    "text": "'text {n}'",
    "character varying": "'text {n}'",
    "smallint": "{n}",
    "integer": "{n}",
    "bigint": "{n}",
    "numeric": "{n}.25",
    "real": "{n}.5",
    "double precision": "{n}.5",
    "boolean": "{n} % 2 = 1",
    "timestamp with time zone": "'2020-01-0{n} 01:02:03.000004Z'",
    "date": "'2020-01-0{n}'",
    "jsonb": "'{{\"n\": {n}}}'",
    "json": "'{{\"n\": {n}}}'",
    "bytea": "'\\x0{n}'",
    "text[]": "'{{\"text {n}\"}}'",
}


def fill_postgresql(scratch: PostgresScratch, connection: Any, schema: Schema) -> None:
    """Insert rows into each table. A table that refuses the rows stays unchanged."""
    import psycopg  # noqa: PLC0415 - a SQLite user need not have libpq

    for table in schema.tables:
        name = _quoted(table.name)
        try:
            with scratch.changing(connection) as change:
                rules = change.execute(_RULES, [name]).fetchall()
                change.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
                for rule, _ in rules:
                    change.execute(f"ALTER TABLE {name} DROP CONSTRAINT {rule}")
                _insert(change, table, "postgresql")
                for rule, text in rules:
                    unchecked = text.removesuffix(" NOT VALID")
                    change.execute(f"ALTER TABLE {name} ADD CONSTRAINT {rule} {unchecked} NOT VALID")
                change.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
        except psycopg.Error:
            continue


def fill_sqlite(scratch: SqliteScratch, connection: Any, schema: Schema) -> None:
    """Insert rows into each table without triggers. A table that refuses the rows stays unchanged.

    A table with a trigger gets no rows, because the trigger could insert more rows.
    """
    import sqlite3  # noqa: PLC0415 - beside the other driver

    connection.execute("PRAGMA ignore_check_constraints = ON")
    triggered = {other.table for other in schema.others}
    for table in schema.tables:
        if table.name not in triggered:
            try:
                with scratch.changing(connection) as change:
                    _insert(change, table, "sqlite")
            except sqlite3.Error:
                continue


def _insert(change: Change, table: Table, dialect: Dialect) -> None:
    columns = [column for column in table.ordered() if column.generated is None]
    names = ", ".join(_quoted(column.name) for column in columns)
    override = " OVERRIDING SYSTEM VALUE" if dialect == "postgresql" else ""
    values = [list(_values(column, table, dialect)) for column in columns]
    rows = ", ".join(f"({', '.join(row)})" for row in zip(*values, strict=True))
    change.execute(f"INSERT INTO {_quoted(table.name)} ({names}){override} VALUES {rows} ON CONFLICT DO NOTHING")  # noqa: S608 - a scratch


def _values(column: Column, table: Table, dialect: Dialect) -> Iterator[str]:
    """Yield the value of the column, as SQL, for each row. In the last row a nullable column is NULL."""
    known = _SQLITE if dialect == "sqlite" else _POSTGRESQL
    made = known.get(column.type.partition(" COLLATE ")[0].partition("(")[0].lower())
    named = list(_named(column, table, dialect))
    texts = [token.text for token in named if token.kind is Kind.STRING]
    numbers = [token.text for token in named if token.kind is Kind.NUMBER and token.text.isdecimal()]
    for n in range(1, ROWS + 1):
        if made is None or (n == ROWS and column.nullable):
            yield "NULL"
        elif "text" in made and texts:
            yield texts[n % len(texts)]
        elif made.startswith("{n}") and numbers:  # just above the first number in the CHECKs
            yield f"{numbers[0]} + {made.format(n=n)}"
        else:
            yield made.format(n=n)


def _named(column: Column, table: Table, dialect: Dialect) -> Iterator[Token]:
    """Yield the tokens of all CHECKs that refer to this column only."""
    names = {each.name for each in table.columns}
    for check in table.checks:
        tokens = tokens_of(check.rule, dialect)
        if {token.text.strip('"') for token in tokens} & names == {column.name}:
            yield from tokens


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
