"""What PostgreSQL says of a statement and of the tables, by preparing and describing: nothing is ever executed.

Stands above `facts`; works on the scratch database that `scratch` made.
"""

import re
from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import DiagnosticField, ExecStatus

from hangar_dal.contract.allowed import allowed_values
from hangar_dal.contract.facts import Described, Refusal, ResultColumn, TableColumn, Tables
from hangar_dal.sqlblock import Variant

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

_KINDS: Final = {
    "text": "text",
    "character varying": "text",
    "character": "text",
    "smallint": "int",
    "integer": "int",
    "bigint": "int",
    "boolean": "bool",
    "real": "float",
    "double precision": "float",
    "bytea": "bytes",
    "uuid": "uuid",
    "timestamp with time zone": "instant",
    "date": "date",
    "json": "json",
    "jsonb": "json",
}
# A domain is described by the type below it, as the protocol does for results.
_TYPES: Final = """
WITH RECURSIVE below (oid, base) AS (
    SELECT oid, oid FROM pg_catalog.pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT t.oid, b.base FROM pg_catalog.pg_type AS t INNER JOIN below AS b ON t.typbasetype = b.oid
    WHERE t.typtype = 'd'
)
SELECT b.oid, format_type(b.base, NULL), CASE WHEN t.typcategory = 'A' THEN format_type(t.typelem, NULL) END
FROM below AS b
INNER JOIN pg_catalog.pg_type AS t ON t.oid = b.base
"""
# NOT NULL is said where every row is held to it: not by a foreign table, which is trusted, nor by a view; not while
# the rule is not valid for the rows before it, nor while a table that inherits from this one lacks it. CREATE RULE may
# return anything instead.
_COLUMNS: Final = """
SELECT
    c.oid,
    CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END,
    a.attnum,
    a.attname,
    a.atttypid,
    a.attnotnull
    AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite AS w WHERE w.ev_class = c.oid)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS r
        WHERE r.conrelid = c.oid AND r.contype = 'n' AND a.attnum = ANY(r.conkey) AND NOT r.convalidated
    )
    AND NOT EXISTS (
        WITH RECURSIVE heirs (oid) AS (
            SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i WHERE i.inhparent = c.oid
            UNION
            SELECT i.inhrelid FROM pg_catalog.pg_inherits AS i INNER JOIN heirs AS h ON i.inhparent = h.oid
        )

        SELECT FROM heirs AS h
        INNER JOIN pg_catalog.pg_class AS k ON k.oid = h.oid
        INNER JOIN pg_catalog.pg_attribute AS b ON b.attrelid = h.oid AND b.attname = a.attname
        WHERE NOT b.attnotnull OR k.relkind NOT IN ('r', 'p')
    ),
    ARRAY(
        SELECT pg_get_expr(r.conbin, r.conrelid)
        FROM pg_catalog.pg_constraint AS r
        WHERE r.conrelid = c.oid AND r.contype = 'c' AND a.attnum = ANY(r.conkey) AND r.convalidated
        ORDER BY r.conname
    )
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE
    n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema'
    AND (pg_table_is_visible(c.oid) OR has_schema_privilege(n.oid, 'USAGE'))
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relname NOT IN ('yoyo_lock', '_yoyo_log', '_yoyo_migration', '_yoyo_version')
ORDER BY c.relname COLLATE "C", c.oid, a.attnum
"""
_NUMBERED: Final = re.compile(r"\$([0-9]+)")


class PostgresProbe:
    """Describes statements on one connection: `with PostgresProbe(conninfo) as probe: probe.describe(variant)`.

    The tables are those that are there when the probe is made.
    """

    dialect: ClassVar[Literal["postgresql"]] = "postgresql"

    def __init__(self, conninfo: str) -> None:
        with ExitStack() as opened:
            self._connection: Connection[Any] = psycopg.connect(
                make_conninfo(conninfo, client_encoding="utf8"), autocommit=True
            )
            opened.callback(self._connection.close)
            self._connection.execute("SET default_transaction_read_only = on")  # it only describes
            self._kinds = {oid: _kind(name, item) for oid, name, item in self._connection.execute(_TYPES)}
            self._origins: dict[tuple[int, int], tuple[str, str]] = {}
            self._tables = self._read_tables()
            opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tables(self) -> Tables:
        """Tables and views; what is not in the search path is called `schema.table`."""
        return self._tables

    def describe(self, variant: Variant) -> Described:
        """The server is told no type of any parameter, so that it says what it takes each for."""
        names = list(dict.fromkeys(parameter.name for parameter in variant.parameters))
        text = variant.rewritten(lambda name: f"${names.index(name) + 1}")
        server = self._connection.pgconn
        prepared = server.prepare(b"", text.encode(), [])
        if prepared.status == ExecStatus.COMMAND_OK:
            prepared = server.describe_prepared(b"")
        if prepared.status != ExecStatus.COMMAND_OK:
            return Described(refusal=_refusal(prepared, variant, text, names))
        return Described(
            parameters={name: self._kinds.get(prepared.param_type(at)) for at, name in enumerate(names)},
            columns=tuple(self._column(prepared, at) for at in range(prepared.nfields)),
        )

    def _column(self, described: "PGresult", at: int) -> ResultColumn:
        name = (described.fname(at) or b"").decode()
        table, column = self._origins.get((described.ftable(at), described.ftablecol(at)), (None, None))
        return ResultColumn(name, self._kinds.get(described.ftype(at)), table, column)

    def _read_tables(self) -> Tables:
        found: dict[str, dict[str, TableColumn]] = {}
        for oid, table, number, name, kind, not_null, checks in self._connection.execute(_COLUMNS):
            self._origins[oid, number] = (table, name)
            named = (allowed_values(check, "postgresql").get(name.lower()) for check in checks)
            allowed = next(filter(None, named), ())
            column = TableColumn(name, self._kinds.get(kind, "unknown"), not not_null, allowed)
            found.setdefault(table, {})[name] = column
        return Tables(MappingProxyType(found))


def _kind(name: str, item: str | None) -> str:
    return f"list:{_KINDS.get(item, item)}" if item else _KINDS.get(name, name)


def _refusal(result: "PGresult", variant: Variant, text: str, names: list[str]) -> Refusal:
    """In the words of the file: parameters by their names, the place in its own text."""
    said = [result.error_field(field) for field in (DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_HINT)]
    reason = "; ".join(part.decode() for part in said if part)
    position = result.error_field(DiagnosticField.STATEMENT_POSITION)
    numbers = [int(number) for number in _NUMBERED.findall(reason) if 0 < int(number) <= len(names)]
    offset = None
    if position:  # in characters, from one
        offset = _in_original(int(position) - 1, variant, text)
    elif numbers:
        offset = next(found.start for found in variant.parameters if found.name == names[numbers[0] - 1])
    return Refusal(_NUMBERED.sub(lambda found: _named(found, names), reason), offset)


def _named(found: re.Match[str], names: list[str]) -> str:
    number = int(found[1])
    return f":{names[number - 1]}" if 0 < number <= len(names) else found[0]


def _in_original(offset: int, variant: Variant, rewritten: str) -> int:
    """Where a character of the rewritten text stands in the text with the names."""
    shift = 0
    for parameter in variant.parameters:
        start = parameter.start + shift
        found = _NUMBERED.search(rewritten, start)  # perhaps behind the space that parts it from a word
        if offset < start or found is None:
            break
        if offset < found.end():
            return parameter.start
        shift = found.end() - parameter.end
    return offset - shift
