"""Rows of PostgreSQL's catalogs about tables: columns, constraints and indexes."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from hangar_dal.importing.postgresql.types import sequence_options
from hangar_dal.migrations.identifiers import written
from hangar_dal.pending_migrations import YOYO_TABLES

_TABLES: Final = f"""
SELECT
    c.oid,
    n.nspname,
    c.relname,
    CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
    coalesce(pg_get_partkeydef(c.oid), ''),
    coalesce(array_to_string(c.reloptions, ', '), ''),
    ARRAY(SELECT h.inhparent FROM pg_catalog.pg_inherits AS h WHERE h.inhrelid = c.oid ORDER BY h.inhseqno),
    coalesce(pg_get_expr(c.relpartbound, c.oid), ''),
    c.relrowsecurity,
    c.relforcerowsecurity
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE
    n.nspname = ANY(%(schemas)s)
    AND c.relkind IN ('r', 'p')
    AND c.relname NOT IN {YOYO_TABLES}
"""  # noqa: S608 - names of yoyo
_COLUMNS: Final = """
SELECT
    a.attrelid,
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation::text END,
    a.attnotnull,
    pg_get_expr(d.adbin, d.adrelid, TRUE),
    a.attgenerated,
    a.attidentity,
    ARRAY[s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache],
    s.seqcycle,
    format_type(s.seqtypid, NULL),
    s.name,
    a.attislocal
FROM pg_catalog.pg_attribute AS a
INNER JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (
    SELECT q.*, e.refobjid, e.refobjsubid, c.relname AS name
    FROM pg_catalog.pg_depend AS e
    INNER JOIN pg_catalog.pg_sequence AS q ON q.seqrelid = e.objid
    INNER JOIN pg_catalog.pg_class AS c ON c.oid = e.objid
    WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.deptype = 'i'
) AS s ON s.refobjid = a.attrelid AND s.refobjsubid = a.attnum
WHERE a.attrelid = ANY(%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
_CONSTRAINTS: Final = """
SELECT
    c.oid,
    c.conrelid,
    c.contype,
    c.conname,
    pg_get_constraintdef(c.oid, TRUE),
    c.conislocal,
    c.coninhcount > 0,
    c.conparentid,
    c.confrelid,
    ARRAY(
        SELECT a.attname
        FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
        INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
        ORDER BY k.place
    )::text[]
FROM pg_catalog.pg_constraint AS c
WHERE c.conrelid = ANY(%(oids)s) AND c.contype IN ('p', 'u', 'x', 'c', 'f')
ORDER BY c.contype <> 'p', c.contype = 'c', c.conname COLLATE "C"
"""
_INDEXES: Final = """
SELECT
    i.indexrelid,
    i.indrelid,
    n.nspname,
    c.relname,
    pg_get_indexdef(i.indexrelid, 0, TRUE),
    i.indisvalid,
    coalesce(h.inhparent, 0),
    ARRAY(SELECT pg_get_indexdef(i.indexrelid, n, TRUE) FROM generate_series(1, i.indnkeyatts) AS n ORDER BY n)
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_inherits AS h ON h.inhrelid = i.indexrelid
WHERE
    i.indrelid = ANY(%(oids)s)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid AND k.contype IN ('p', 'u', 'x')
    )
ORDER BY c.relname COLLATE "C"
"""
_OWNED: Final = """
SELECT d.objid, d.refobjid, a.attname
FROM pg_catalog.pg_depend AS d
INNER JOIN pg_catalog.pg_class AS c ON c.oid = d.objid AND c.relkind = 'S'
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = d.classid AND d.deptype = 'a'
"""


class TableRow(NamedTuple):
    """A table. `parents` are the tables that it inherits from, or that it is a partition of."""

    oid: int
    schema: str
    name: str
    unlogged: str
    partitioned: str
    options: str
    parents: list[int]
    bound: str
    has_policies: bool
    is_forced: bool


class ColumnRow(NamedTuple):
    """A column. `numbers` to `sequence` describe the sequence of an identity column.

    `is_local` is False if the column is inherited only.
    """

    name: str
    type: str
    collation: str | None
    not_null: bool
    default: str | None
    generated: str
    identity: str
    numbers: list[int]
    cycles: bool
    counted: str
    sequence: str
    is_local: bool

    def definition(self, table: str) -> str:
        """Return the column as it is written in CREATE TABLE."""
        parts = [written(self.name), self.type]
        if self.collation:
            parts.append(f"COLLATE {self.collation}")
        if self.generated:
            parts.append(f"GENERATED ALWAYS AS ({self.default}) {'VIRTUAL' if self.generated == 'v' else 'STORED'}")
        elif self.identity:
            options = sequence_options(self.counted, self.numbers, cycles=self.cycles)
            if self.sequence != f"{table}_{self.name}_seq":
                options = f" SEQUENCE NAME {written(self.sequence)}{options}"
            always = "ALWAYS" if self.identity == "a" else "BY DEFAULT"
            parts.append(f"GENERATED {always} AS IDENTITY{f' ({options.strip()})' if options else ''}")
        elif self.default is not None:
            parts.append(f"DEFAULT {self.default}")
        if self.not_null:
            parts.append("NOT NULL")
        return " ".join(parts)


class ConstraintRow(NamedTuple):
    """A constraint. `parent` is that of the partitioned table, or 0. `referred` is the table of a foreign key."""

    oid: int
    table: int
    kind: str
    name: str
    text: str
    is_local: bool
    is_inherited: bool
    parent: int
    referred: int
    columns: list[str]

    @property
    def is_late(self) -> bool:
        """Whether it can only be added to a table that exists: CREATE TABLE ignores NOT VALID."""
        return self.kind == "c" and self.text.endswith("NOT VALID")

    @property
    def written(self) -> str:
        return f"CONSTRAINT {written(self.name)} {self.text}"


class IndexRow(NamedTuple):
    """An index that no constraint makes. `parent` is that of the partitioned table, or 0."""

    oid: int
    table: int
    schema: str
    name: str
    text: str
    is_valid: bool
    parent: int
    columns: list[str]


class TableRows:
    """All tables of some schemas, by oid. `owned` are the sequences of columns: the oid, and the column."""

    def __init__(self, connection: Any, values: Mapping[str, Any]) -> None:
        self.tables = {row[0]: TableRow(*row) for row in connection.execute(_TABLES, values)}
        oids = {"oids": list(self.tables)}
        self.columns: defaultdict[int, list[ColumnRow]] = defaultdict(list)
        for oid, *row in connection.execute(_COLUMNS, oids):
            self.columns[oid].append(ColumnRow(*row))
        self.constraints = [ConstraintRow(*row) for row in connection.execute(_CONSTRAINTS, oids)]
        self.indexes = [IndexRow(*row) for row in connection.execute(_INDEXES, oids)]
        self.owned: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
        for sequence, table, column in connection.execute(_OWNED):
            self.owned[table].append((sequence, column))
