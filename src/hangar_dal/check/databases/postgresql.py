"""Describe statements and tables of PostgreSQL. Statements are prepared and described, but never executed.

Works on the scratch database that `scratch` made.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal, NamedTuple, Self

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import DiagnosticField, ExecStatus

from hangar_dal.check.databases.postgresql_commands import wrong_names
from hangar_dal.check.databases.postgresql_statement import SentStatement, conflict_at, refusal_of
from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.rules.narrow_columns import is_narrow
from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.check.statement_info import PrepareError, ResultColumn, SentAs, StatementInfo
from hangar_dal.check.storage_types import enum_of
from hangar_dal.database.kinds import OPEN, postgresql_kind
from hangar_dal.database.postgresql.meanings import SET_MEANINGS
from hangar_dal.database.postgresql.sent import OIDS
from hangar_dal.pending_migrations import YOYO_TABLES
from hangar_dal.sqlblock import Variant

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

# A domain counts as its base type, as in the descriptions of results in PostgreSQL's protocol.
_TYPES: Final = """
WITH RECURSIVE below (oid, base) AS (
    SELECT oid, oid FROM pg_catalog.pg_type WHERE typtype <> 'd'
    UNION ALL
    SELECT t.oid, b.base FROM pg_catalog.pg_type AS t INNER JOIN below AS b ON t.typbasetype = b.oid
    WHERE t.typtype = 'd'
)
SELECT
    b.oid,
    format_type(b.base, NULL),
    CASE WHEN t.typcategory = 'A' THEN t.typelem END,
    t.typtype = 'e',
    t.typcategory = 'S' AND t.typname <> 'bpchar',
    ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder),
    format_type(b.oid, NULL)
FROM below AS b
INNER JOIN pg_catalog.pg_type AS t ON t.oid = b.base
"""
# A column counts as NOT NULL only if PostgreSQL enforces it for every row. It does not in these cases: foreign tables
# and views, a constraint that is NOT VALID, a child table without the constraint, and tables with a CREATE RULE, which
# may return other rows.
_COLUMNS: Final = """
SELECT
    c.oid,
    CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END,
    a.attnum,
    a.attname,
    a.atttypid,
    format_type(coalesce(nullif(t.typbasetype, 0), t.oid), coalesce(nullif(t.typtypmod, -1), a.atttypmod)),
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
        LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation
        WHERE
            r.conrelid = c.oid AND r.contype = 'c' AND a.attnum = ANY(r.conkey) AND r.convalidated
            AND l.collisdeterministic IS NOT FALSE  -- otherwise other texts may be equal to the listed ones
        ORDER BY r.conname
    )
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
INNER JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
WHERE
    n.nspname !~ '^pg_'
    AND n.nspname <> 'information_schema'
    AND (pg_table_is_visible(c.oid) OR has_schema_privilege(n.oid, 'USAGE'))
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND c.relname <> ALL(%s)
ORDER BY c.relname COLLATE "C", c.oid, a.attnum
"""
_DEFERRABLE: Final = """
SELECT
    CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END,
    k.conname,
    array_agg(a.attname::text ORDER BY array_position(k.conkey, a.attnum))
FROM pg_catalog.pg_constraint AS k
INNER JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY(k.conkey)
WHERE k.contype IN ('p', 'u', 'x') AND k.condeferrable
GROUP BY c.oid, n.nspname, k.conname, k.conkey
"""
_VIEWS: Final = """
SELECT
    CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END,
    pg_get_viewdef(c.oid)
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""


# The attributes of composite types and of the types of rows.
_COMPOSITES: Final = """
SELECT format_type(c.reltype, NULL), a.attname, a.atttypid
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('c', 'r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY c.oid, a.attnum
"""
_PLANNED: Final = b"hangar_planned"
_NOT_OF_THE_STATEMENT: Final = ("53", "55", "57", "58", "XX")  # errors of resources, locks, operators and the server
_NO_KEY: Final = "42P10"  # invalid_column_reference: no unique index for ON CONFLICT


class _Type(NamedTuple):
    """A type of the database. `item` is the oid of the item type of an array, else None."""

    oid: int
    name: str
    item: int | None
    is_enum: bool
    is_text: bool
    labels: list[str]
    own_name: str  # of a domain; `name` is that of the type below it


class PostgresProbe:
    """Describes statements on one connection: `with PostgresProbe(conninfo) as probe: probe.describe(variant)`.

    The tables are read when the probe is made.
    """

    dialect: ClassVar[Literal["postgresql"]] = "postgresql"

    def __init__(self, conninfo: str) -> None:
        with ExitStack() as opened:
            self._connection: Connection[Any] = psycopg.connect(
                make_conninfo(conninfo, client_encoding="utf8"), autocommit=True
            )
            opened.callback(self._connection.close)
            self._connection.execute(SET_MEANINGS)
            self._connection.execute("SET plan_cache_mode = force_generic_plan")
            self._connection.execute("SET default_transaction_read_only = on")  # describing needs no writes
            types = [_Type(*row) for row in self._connection.execute(_TYPES)]
            self._kinds = _kinds(types)
            self._types = {each.oid: each.name for each in types}
            self._named = {each.own_name: self._kinds[each.oid] for each in types}
            self._enums = {each.name: tuple(each.labels) for each in types if each.is_enum}
            self._origins: dict[tuple[int, int], tuple[str, str]] = {}
            self._tables = self._read_tables()
            opened.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def tables(self) -> Tables:
        """Return the tables and views. Those outside of the search path are named `schema.table`."""
        return self._tables

    def views(self) -> dict[str, str]:
        """Return the query of each view by name. Omits materialized views, whose rows may be older than the tables."""
        return dict(self._connection.execute(_VIEWS))

    def describe(self, variant: Variant, sent: Sequence[SentAs] = ()) -> StatementInfo:
        """Prepare the statement with the types that the driver sends, and return the server's description.

        Also prepares it without the type of each argument that may be None, since None is sent without a type. The
        server then infers the type.
        """
        asked = SentStatement(variant, sent)
        prepared = self._prepared(asked, asked.types, name=b"" if variant.command else _PLANNED)
        if prepared.status == ExecStatus.COMMAND_OK:
            refusal = wrong_names(self._connection, variant) if variant.command else self._unplanned(asked)
            if refusal is not None:
                return StatementInfo(refusal=refusal)
            return self._described(asked, prepared, without_value=dict(self._without_values(asked)))
        for opened in asked.suspects():
            inferred = self._prepared(asked, {name: of for name, of in asked.types.items() if name not in opened})
            if inferred.status == ExecStatus.COMMAND_OK:
                types = {name: inferred.param_type(at) for at, name in enumerate(asked.names) if name in opened}
                misfits = {name: self._types.get(oid, "unknown") for name, oid in types.items()}
                return self._described(asked, inferred, misfits=misfits)
        return StatementInfo(refusal=refusal_of(prepared, asked))

    def _prepared(self, asked: SentStatement, types: Mapping[str, str], name: bytes = b"") -> "PGresult":
        """Return the server's description of the statement, or its error. After an error, no statement has the name."""
        server = self._connection.pgconn
        prepared = server.prepare(name, asked.text.encode(), [OIDS[types.get(each, OPEN)] for each in asked.names])
        if prepared.status != ExecStatus.COMMAND_OK:
            return prepared
        described = server.describe_prepared(name)
        if name and described.status != ExecStatus.COMMAND_OK:
            server.exec_(b"DEALLOCATE " + name)
        return described

    def _described(
        self,
        asked: SentStatement,
        prepared: "PGresult",
        misfits: Mapping[str, str] = MappingProxyType({}),
        without_value: Mapping[str, PrepareError] = MappingProxyType({}),
    ) -> StatementInfo:
        kinds = {name: self._kinds.get(prepared.param_type(at)) for at, name in enumerate(asked.names)}
        return StatementInfo(
            parameters={name: None if asked.types.get(name) else kind for name, kind in kinds.items()},
            misfits=misfits,
            without_value=without_value,
            columns=tuple(self._column(prepared, at) for at in range(prepared.nfields)),
        )

    def _without_values(self, asked: SentStatement) -> Iterator[tuple[str, PrepareError]]:
        """Yield the errors for statements in which one argument is None, or all that may be."""
        nullable = [name for name in asked.nullable if asked.types.get(name)]
        refused = False
        for missing in [*([name] for name in nullable), *([nullable] if len(nullable) > 1 else [])]:
            typed = {name: type_ for name, type_ in asked.types.items() if name not in missing}
            prepared = self._prepared(asked, typed)
            if prepared.status != ExecStatus.COMMAND_OK and not (refused and len(missing) > 1):
                refused = True
                yield missing[0], refusal_of(prepared, asked)

    def _unplanned(self, asked: SentStatement) -> PrepareError | None:
        """Return the error that planning the prepared statement raises; None if it raises none.

        Examples are ON CONFLICT without a unique index, and a FULL JOIN whose condition PostgreSQL does not support.
        """
        server = self._connection.pgconn
        nulls = f"({', '.join(['NULL'] * len(asked.names))})" if asked.names else ""
        deallocate = b"DEALLOCATE " + _PLANNED
        planned = server.exec_(b"EXPLAIN EXECUTE " + _PLANNED + nulls.encode() + b"; " + deallocate)
        if planned.status == ExecStatus.COMMAND_OK:  # the status of the second command
            return None
        server.exec_(deallocate)
        state = (planned.error_field(DiagnosticField.SQLSTATE) or b"").decode()
        if state.startswith(_NOT_OF_THE_STATEMENT):
            return None
        return PrepareError(refusal_of(planned, asked).reason, conflict_at(asked.variant) if state == _NO_KEY else None)

    def _column(self, described: "PGresult", at: int) -> ResultColumn:
        name = (described.fname(at) or b"").decode()
        table, column = self._origins.get((described.ftable(at), described.ftablecol(at)), (None, None))
        return ResultColumn(name, self._kinds.get(described.ftype(at)), table, column)

    def _read_tables(self) -> Tables:
        found: dict[str, dict[str, TableColumn]] = {}
        columns = self._connection.execute(_COLUMNS, [list(YOYO_TABLES)])
        for oid, table, number, name, type_oid, type_, not_null, checks in columns:
            self._origins[oid, number] = (table, name)
            kind = self._kinds.get(type_oid, "unknown")
            labels = self._enums.get(enum_of(kind) or "", ())
            folds_case = self._types.get(type_oid, "").rpartition(".")[2] == "citext"
            allowed = allowed_values([] if folds_case else checks, "postgresql").get(name.lower(), labels)
            narrow = type_ if is_narrow(type_) else ""
            column = TableColumn(name, kind, not not_null, allowed, narrow=narrow)
            found.setdefault(table, {})[name] = column
        composites: dict[str, dict[str, str]] = {}
        for type_, name, type_oid in self._connection.execute(_COMPOSITES):
            composites.setdefault(type_, {})[name] = self._kinds.get(type_oid, "unknown")
        late: dict[str, dict[str, tuple[str, ...]]] = {}
        for table, key, names in self._connection.execute(_DEFERRABLE):
            late.setdefault(table, {})[key] = tuple(names)
        columns_of = MappingProxyType(found)
        return Tables(columns_of, enums=self._enums, deferrable=late, types=self._named, composites=composites)


def _kinds(types: Sequence[_Type]) -> dict[int, str]:
    """Return the kinds by oid. Text types of an extension or an application, such as `citext`, have the kind "text"."""
    kinds = {
        each.oid: f"enum:{each.name}" if each.is_enum else "text" if each.is_text else postgresql_kind(each.name)
        for each in types
    }
    return {each.oid: f"list:{kinds.get(each.item, 'unknown')}" if each.item else kinds[each.oid] for each in types}
