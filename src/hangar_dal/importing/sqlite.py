"""Read a SQLite database: the texts of its schema as they are, and the kinds of the values in its first rows."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.importing.model import Imported, ImportedColumn, ImportedTable, LeftOut, Statement, is_null
from hangar_dal.migrations.identifiers import written
from hangar_dal.migrations.schema import Table
from hangar_dal.migrations.schema_sqlite import read_schema
from hangar_dal.pending_migrations import YOYO_TABLES
from hangar_dal.sqlscan import Kind, tokens_of

# In the order in which they were made, tables first. The index of a key has no text.
_OBJECTS: Final = """
SELECT m.type, m.name, m.tbl_name, m.sql, coalesce(l.type, '')
FROM sqlite_master AS m
LEFT JOIN pragma_table_list AS l ON l.schema = 'main' AND l.name = m.name AND m.type = 'table'
WHERE m.sql IS NOT NULL AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
ORDER BY
    CASE m.type WHEN 'table' THEN 0 WHEN 'index' THEN 1 WHEN 'view' THEN 2 ELSE 3 END, m.rowid
"""
_COLUMNS: Final = """
SELECT x.name, x.type, x."notnull", x.dflt_value, x.pk, x.hidden FROM pragma_table_xinfo(?) AS x ORDER BY x.cid
"""
_UNIQUE: Final = """
SELECT l.name FROM pragma_index_list(?) AS l WHERE l."unique" AND NOT l.partial ORDER BY l.origin <> 'u', l.name
"""
_KEY: Final = "SELECT x.name FROM pragma_index_xinfo(?) AS x WHERE x.key ORDER BY x.seqno"
_LISTED: Final = """
SELECT l.name, l.type, l.wr, l.strict FROM pragma_table_list AS l WHERE l.schema = 'main' AND l.type <> 'shadow'
ORDER BY l.name
"""
_SAMPLE: Final = 1000  # rows
_HIDDEN: Final = 1
_GENERATED: Final = (2, 3)
_DATE: Final = "????-??-??"
_KINDS: Final = {"table": "table", "view": "view", "virtual": "virtual table"}
_COLLATED: Final = re.compile(" COLLATE (?!binary)")
_TYPE: Final = re.compile(r"\s*\(.*", re.DOTALL)


def read_sqlite(connection: sqlite3.Connection) -> Imported:
    """Return the database. Reads it in one transaction, and writes nothing."""
    connection.execute("PRAGMA query_only = ON")
    connection.execute("BEGIN")
    try:
        return _read(connection)
    finally:
        connection.execute("ROLLBACK")


def _read(connection: sqlite3.Connection) -> Imported:
    tables, left_out = _tables(connection)
    gone = {each.what for each in left_out}
    statements: list[Statement] = []
    counts: Counter[str] = Counter()
    for kind, name, table, sql, listed in connection.execute(_OBJECTS).fetchall():
        shown = "virtual table" if listed == "virtual" else kind
        if f"view {table}" in gone and kind == "trigger":
            left_out.append(LeftOut(f"trigger {name}", f"it needs view {table}"))
            continue
        if listed == "shadow" or {name, table} & set(YOYO_TABLES) or f"{shown} {name}" in gone:
            continue
        counts[shown] += 1
        drop = f"DROP {kind.upper()} {written(name)}" if kind in ("table", "view") else ""
        statements.append(Statement(without_semicolon(sql), drop))
    return Imported(tuple(statements), tuple(tables), tuple(left_out), dict(counts))


def _tables(connection: sqlite3.Connection) -> tuple[list[ImportedTable], list[LeftOut]]:
    """Return the tables and views, and those that SQLite cannot read."""
    tables: list[ImportedTable] = []
    left_out: list[LeftOut] = []
    allowed = {table.name: _allowed(table) for table in read_schema(connection).tables}
    for name, kind, rowless, is_strict in connection.execute(_LISTED).fetchall():
        if name.startswith("sqlite_") or name in YOYO_TABLES:
            continue
        try:
            table = _table(connection, name, _KINDS[kind], rowless=bool(rowless), is_strict=bool(is_strict))
        except sqlite3.Error as error:  # a view of a table that is gone, or a module that is not loaded
            left_out.append(LeftOut(f"{_KINDS[kind]} {name}", f"SQLite cannot read it: {error}"))
            continue
        listed = allowed.get(name, {})
        columns = [replace(each, allowed=listed.get(each.name.lower(), ())) for each in table.columns]
        tables.append(replace(table, columns=tuple(columns)))
    return tables, left_out


def _allowed(table: Table) -> dict[str, tuple[str, ...]]:
    """Return the values that the CHECKs of a table list, by column. With NOCASE, other texts are equal to them."""
    folding = {each.name.lower() for each in table.columns if _COLLATED.search(each.type)}
    found = allowed_values((check.rule for check in table.checks), "sqlite")
    return {name: values for name, values in found.items() if name not in folding}


def without_semicolon(sql: str) -> str:
    """Return the statement without a semicolon and comments at its end."""
    kept = [token for token in tokens_of(sql, "sqlite") if token.kind not in (Kind.COMMENT, Kind.SEMICOLON)]
    return sql[: kept[-1].end] if kept else sql


def _table(connection: sqlite3.Connection, name: str, kind: str, *, rowless: bool, is_strict: bool) -> ImportedTable:
    rows = [row for row in connection.execute(_COLUMNS, [name]).fetchall() if row[5] != _HIDDEN]
    primary = tuple(row[0] for row in sorted((row for row in rows if row[4]), key=lambda row: row[4]))
    counted = ""
    if len(primary) == 1 and not rowless:
        [declared] = [row[1] for row in rows if row[4]]
        has_index = connection.execute("SELECT 1 FROM pragma_index_list(?) WHERE origin = 'pk'", [name]).fetchone()
        counted = primary[0] if declared.upper() == "INTEGER" and not has_index else ""
    columns = []
    for column, declared, not_null, default, place, hidden in rows:
        is_known = kind == "table" and (is_strict or column == counted)
        columns.append(
            ImportedColumn(
                column,
                declared,
                _TYPE.sub("", declared).upper(),
                nullable=not (not_null or column == counted or (place and rowless)),
                default=None if is_null(default) else default,
                filled=hidden in _GENERATED,
                counts=column == counted,
                sampled=frozenset() if is_known else frozenset(_sampled(connection, name, column)),
            )
        )
    not_null = {column.name for column in columns if not column.nullable}
    key = primary or next((key for key in _uniques(connection, name) if set(key) <= not_null), ())
    return ImportedTable("", name, kind, tuple(columns), key if kind == "table" else ())


def _uniques(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, ...]]:
    for (index,) in connection.execute(_UNIQUE, [table]).fetchall():
        key = tuple(name or "" for (name,) in connection.execute(_KEY, [index]))
        if all(key):
            yield key


def _sampled(connection: sqlite3.Connection, table: str, column: str) -> Iterator[str]:
    """Yield the kinds of the values in the first rows: as typeof() names them, or `date` for a text that is one."""
    name = written(column)
    values = f"SELECT {name} AS value FROM {written(table)} LIMIT {_SAMPLE}"  # noqa: S608 - quoted names
    kind = f"CASE WHEN value GLOB '{_DATE}' AND date(value) = value THEN 'date' ELSE typeof(value) END"
    for (found,) in connection.execute(f"SELECT DISTINCT {kind} FROM ({values}) WHERE value IS NOT NULL"):  # noqa: S608
        yield found
