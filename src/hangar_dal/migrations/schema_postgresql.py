"""Read the schema of a PostgreSQL database from its system catalogs.

PostgreSQL prints the text of each rule in a normalized form. The search path contains only the schema that is read, so
names in rules have no prefix.
"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from hangar_dal.migrations.schema import Check, Column, ForeignKey, Index, Other, Schema, Table, Unique
from hangar_dal.migrations.schema_postgresql_others import read_others
from hangar_dal.pending_migrations import YOYO_TABLES

_SEARCH: Final = "SELECT set_config('search_path', quote_ident(%s), TRUE)"
# The other schemas that roles have made, without those of extensions.
_SCHEMAS: Final = """
SELECT n.nspname::text
FROM pg_catalog.pg_namespace AS n
WHERE
    n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', %s)
    AND n.oid >= 16384
    AND has_schema_privilege(n.oid, 'USAGE')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'
    )
ORDER BY n.nspname COLLATE "C"
"""
_TABLES: Final = f"""
SELECT
    c.oid,
    c.relname,
    concat_ws(
        ' ',
        CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
        'partition by ' || pg_get_partkeydef(c.oid),
        CASE WHEN c.relrowsecurity THEN 'row level security' END,
        CASE WHEN c.relforcerowsecurity THEN 'forced' END,
        'with (' || array_to_string(c.reloptions, ', ') || ')',
        'partition of ' || p.relname || ' ' || pg_get_expr(c.relpartbound, c.oid)
    ),
    coalesce(p.relname, '')
FROM pg_catalog.pg_class AS c
LEFT JOIN pg_catalog.pg_inherits AS h ON c.relispartition AND h.inhrelid = c.oid
LEFT JOIN pg_catalog.pg_class AS p ON p.oid = h.inhparent
WHERE
    c.relnamespace = current_schema()::regnamespace
    AND c.relkind IN ('r', 'p')
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e' -- part of an extension
    )
    AND c.relname NOT IN {YOYO_TABLES}
ORDER BY c.relname COLLATE "C"
"""  # noqa: S608 - names of yoyo
_COLUMNS: Final = """
SELECT
    a.attrelid,
    a.attname,
    format_type(a.atttypid, a.atttypmod) || coalesce(' COLLATE ' || quote_ident(l.collname), ''),
    NOT a.attnotnull,
    CASE
        WHEN a.attidentity = 'a' THEN 'identity always'
        WHEN a.attidentity = 'd' THEN 'identity by default'
        WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault) -- a domain may have one
    END,
    CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END,
    a.attnum
FROM pg_catalog.pg_attribute AS a
INNER JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation AS l ON l.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE
    a.attrelid = ANY(%s)
    AND a.attnum > 0
    AND NOT a.attisdropped
ORDER BY a.attname COLLATE "C"
"""
_CONSTRAINTS: Final = """
SELECT
    c.conrelid,
    c.contype,
    c.conname,
    ARRAY(
        SELECT a.attname
        FROM unnest(c.conkey) WITH ORDINALITY AS k (attnum, place)
        INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
        ORDER BY k.place
    )::text[],
    CASE WHEN f.relnamespace = o.relnamespace THEN f.relname ELSE concat(n.nspname, '.', f.relname) END,
    ARRAY(
        SELECT a.attname
        FROM unnest(c.confkey) WITH ORDINALITY AS k (attnum, place)
        INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.attnum
        ORDER BY k.place
    )::text[],
    c.confdeltype,
    pg_get_constraintdef(c.oid, TRUE)
FROM pg_catalog.pg_constraint AS c
INNER JOIN pg_catalog.pg_class AS o ON o.oid = c.conrelid
LEFT JOIN pg_catalog.pg_class AS f ON f.oid = c.confrelid
LEFT JOIN pg_catalog.pg_namespace AS n ON n.oid = f.relnamespace
WHERE
    c.conrelid = ANY(%s)
    -- A foreign key to a partitioned table has another one for each partition.
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.oid = c.conparentid AND k.conrelid = c.conrelid
    )
ORDER BY c.conname COLLATE "C"
"""
_INDEXES: Final = """
SELECT
    i.indrelid,
    c.relname,
    ARRAY(
        SELECT pg_get_indexdef(i.indexrelid, n, TRUE) || CASE WHEN i.indoption[n - 1] & 1 = 1 THEN ' DESC' ELSE '' END
        FROM generate_series(1, i.indnkeyatts) AS n
        ORDER BY n
    ),
    i.indisunique,
    pg_get_indexdef(i.indexrelid, 0, TRUE),
    i.indisvalid,
    coalesce(pg_get_expr(i.indpred, i.indrelid, TRUE), ''),
    coalesce((to_jsonb(i) ->> 'indnullsnotdistinct')::boolean, FALSE) -- PostgreSQL 15 added it
FROM pg_catalog.pg_index AS i
INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE
    i.indrelid = ANY(%s)
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_constraint AS k
        WHERE k.conindid = i.indexrelid AND k.conrelid = i.indrelid
    )
ORDER BY c.relname COLLATE "C"
"""
# The parts of a constraint's definition that the other fields of `Unique` and `ForeignKey` contain.
_OF_UNIQUE: Final = re.compile(r"^UNIQUE( NULLS NOT DISTINCT)? \(.*?\)")
_OF_FOREIGN_KEY: Final = re.compile(r"^.*? REFERENCES .*?\)| ON DELETE (?:CASCADE|RESTRICT|SET NULL|SET DEFAULT)")
_ON_DELETE: Final = {"a": "no action", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}


def read_schema(connection: Any) -> Schema:
    """Return the tables and other objects of the current schema, and of the other schemas of the application.

    The names of the other schemas' objects begin with that of their schema. Needs an open transaction, and sets its
    search path and time zone.
    """
    connection.execute("SET LOCAL TIME ZONE 'UTC'")  # so that timestamps in rules are printed in UTC
    [(here,)] = connection.execute("SELECT current_schema()::text").fetchall()
    found = _read_one(connection, here)
    names = [name for (name,) in connection.execute(_SCHEMAS, [here]).fetchall()]
    if not names:
        return found
    tables, others = [*found.tables], [*found.others]
    for name in names:
        inner = _read_one(connection, name)
        others.append(Other("schema", name, ""))
        tables += [_prefixed(table, name, here) for table in inner.tables]
        others += [_prefixed_other(other, name) for other in inner.others if other.kind != "extension"]
    connection.execute(_SEARCH, [here])
    others.sort(key=lambda other: (other.kind, other.name, other.table))
    return Schema(tuple(sorted(tables, key=lambda table: table.name)), tuple(others))


def _prefixed(table: Table, schema: str, here: str) -> Table:
    """Return a table of another schema as it is named from the current one."""
    keys = (replace(key, table=_named_from(key.table, schema, here)) for key in table.foreign_keys)
    partition_of = table.partition_of and f"{schema}.{table.partition_of}"
    return replace(table, name=f"{schema}.{table.name}", foreign_keys=tuple(keys), partition_of=partition_of)


def _prefixed_other(other: Other, schema: str) -> Other:
    return replace(other, name=f"{schema}.{other.name}", table=other.table and f"{schema}.{other.table}")


def _named_from(table: str, schema: str, here: str) -> str:
    return table.removeprefix(f"{here}.") if "." in table else f"{schema}.{table}"


def _read_one(connection: Any, schema: str) -> Schema:
    connection.execute(_SEARCH, [schema])
    tables = connection.execute(_TABLES).fetchall()
    oids = [oid for oid, *_ in tables]
    parts = [_by_table(connection, statement, oids) for statement in (_COLUMNS, _CONSTRAINTS, _INDEXES)]
    read = (_table(named, *(part[oid] for part in parts)) for oid, *named in tables)
    return Schema(tuple(read), read_others(connection))


def _by_table(connection: Any, statement: str, oids: list[int]) -> Mapping[int, list[Any]]:
    """Return the rows of one statement for all tables, grouped by the oid of the table."""
    found: defaultdict[int, list[Any]] = defaultdict(list)
    for oid, *row in connection.execute(statement, [oids]):
        found[oid].append(row)
    return found


def _table(named: Sequence[str], rows: list[Any], constraints: list[Any], indexed: list[Any]) -> Table:
    name, options, partition_of = named
    columns = tuple(Column(*row[:-1]) for row in rows)
    order = tuple(row[0] for row in sorted(rows, key=lambda row: row[-1]))
    primary_key: tuple[str, ...] = ()
    uniques: list[Unique] = []
    foreign_keys: list[ForeignKey] = []
    checks: list[Check] = []
    for kind, label, own, table, referred, on_delete, rule in constraints:
        if kind == "p":
            primary_key = tuple(own)
        elif kind == "u":
            uniques.append(Unique(label, tuple(own), _OF_UNIQUE.sub(r"\1", rule).strip().lower()))
        elif kind == "f":
            rest = _OF_FOREIGN_KEY.sub("", rule).strip().lower()
            foreign_keys.append(ForeignKey(label, tuple(own), table, tuple(referred), _ON_DELETE[on_delete], rest))
        elif kind not in ("n", "t"):  # NOT NULL (listed since PostgreSQL 18) and triggers are read elsewhere
            checks.append(Check(label, rule))
    indexes = tuple(Index(label, tuple(keys), *others) for label, keys, *others in indexed)
    return Table(
        name,
        columns,
        primary_key,
        tuple(uniques),
        tuple(foreign_keys),
        tuple(checks),
        indexes,
        options,
        order,
        partition_of,
    )
