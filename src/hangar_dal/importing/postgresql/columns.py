"""Tables and views of a PostgreSQL database as a program sees them: their columns and keys."""

from collections import defaultdict
from dataclasses import replace
from typing import Any, Final

from hangar_dal.check.sql.allowed_values import allowed_values
from hangar_dal.importing.model import ImportedColumn, ImportedTable, is_null
from hangar_dal.importing.postgresql.items import Key, Names

_RELATIONS: Final = """
SELECT c.oid, n.nspname, c.relname, c.relkind, coalesce(obj_description(c.oid, 'pg_class'), '')
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT c.relispartition
ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"
"""
_COLUMNS: Final = """
WITH RECURSIVE below (oid, base, typmod) AS (
    SELECT t.oid, t.typbasetype, t.typtypmod FROM pg_catalog.pg_type AS t WHERE t.typtype = 'd'
    UNION ALL
    SELECT b.oid, t.typbasetype, CASE WHEN b.typmod = -1 THEN t.typtypmod ELSE b.typmod END
    FROM below AS b
    INNER JOIN pg_catalog.pg_type AS t ON t.oid = b.base AND t.typtype = 'd'
)
SELECT
    a.attrelid,
    a.attname,
    format_type(a.atttypid, a.atttypmod),
    format_type(coalesce(b.base, a.atttypid), NULL),
    format_type(coalesce(b.base, a.atttypid), CASE WHEN b.base IS NULL THEN a.atttypmod ELSE b.typmod END),
    NOT (a.attnotnull OR t.typnotnull),
    CASE WHEN a.attgenerated = '' THEN coalesce(pg_get_expr(d.adbin, d.adrelid), t.typdefault) END,
    a.attgenerated <> '' OR a.attidentity = 'a',
    a.attidentity <> ''
    OR pg_get_serial_sequence(a.attrelid::regclass::text, a.attname) IS NOT NULL
    AND pg_get_expr(d.adbin, d.adrelid) LIKE 'nextval(%%',
    ARRAY(
        SELECT e.enumlabel
        FROM pg_catalog.pg_enum AS e
        WHERE e.enumtypid IN (coalesce(b.base, a.atttypid), m.oid)
        ORDER BY e.enumsortorder
    )::text[],
    coalesce(col_description(a.attrelid, a.attnum), ''),
    CASE
        WHEN coalesce(b.base, a.atttypid) IN ('varchar'::regtype, 'bpchar'::regtype)
        THEN nullif(CASE WHEN b.base IS NULL THEN a.atttypmod ELSE b.typmod END, -1) - 4
    END,
    y.typtype IN ('e', 'r')
    OR EXISTS (
        SELECT FROM pg_catalog.pg_opclass AS o
        INNER JOIN pg_catalog.pg_am AS h ON h.oid = o.opcmethod AND h.amname = 'btree'
        WHERE o.opcdefault AND o.opcintype IN (y.oid, m.oid, CASE WHEN y.typname = 'varchar' THEN 'text'::regtype END)
    )
FROM pg_catalog.pg_attribute AS a
INNER JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
LEFT JOIN below AS b
    ON b.oid = a.atttypid AND NOT EXISTS (SELECT FROM pg_catalog.pg_type AS x WHERE x.oid = b.base AND x.typtype = 'd')
INNER JOIN pg_catalog.pg_type AS y ON y.oid = coalesce(b.base, a.atttypid)
LEFT JOIN pg_catalog.pg_type AS m ON m.typarray = coalesce(b.base, a.atttypid)
LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid = ANY(%(oids)s) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""
# Keys that identify each row: the primary key first, then the smallest.
_KEYS: Final = """
SELECT
    i.indrelid,
    ARRAY(
        SELECT a.attname
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
        INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
        WHERE k.place <= i.indnkeyatts
        ORDER BY k.place
    )::text[]
FROM pg_catalog.pg_index AS i
WHERE
    i.indrelid = ANY(%(oids)s)
    AND i.indisunique
    AND i.indisvalid
    AND i.indimmediate
    AND i.indpred IS NULL
    AND i.indexprs IS NULL
    AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull
    )
ORDER BY i.indrelid, NOT i.indisprimary, i.indnkeyatts, i.indexrelid
"""
_CHECKS: Final = """
SELECT k.conrelid, pg_get_expr(k.conbin, k.conrelid)
FROM pg_catalog.pg_constraint AS k
WHERE k.conrelid = ANY(%(oids)s) AND k.contype = 'c' AND k.convalidated
"""
_KINDS: Final = {"r": "table", "p": "table", "v": "view", "m": "materialized view"}


def read_columns(connection: Any, values: dict[str, Any], names: Names) -> list[tuple[Key, ImportedTable]]:
    """Return the tables and views, without partitions."""
    relations = connection.execute(_RELATIONS, values).fetchall()
    oids = {"oids": [row[0] for row in relations]}
    columns: defaultdict[int, list[ImportedColumn]] = defaultdict(list)
    for oid, *row, labels, comment, length, sorts in connection.execute(_COLUMNS, oids):
        name, type_, base, limited, nullable, default, filled, counts = row
        columns[oid].append(
            ImportedColumn(
                name,
                type_,
                base,
                nullable,
                None if is_null(default) else default,
                filled=filled,
                counts=bool(counts),
                allowed=tuple(labels),
                comment=comment,
                length=length,
                sorts=sorts,
                limited=limited,
            )
        )
    checks: defaultdict[int, list[str]] = defaultdict(list)
    for oid, rule in connection.execute(_CHECKS, oids):
        checks[oid].append(rule)
    for oid, rules in checks.items():
        listed = allowed_values(rules, "postgresql")
        columns[oid] = [
            each if each.allowed else replace(each, allowed=listed.get(each.name.lower(), ())) for each in columns[oid]
        ]
    keys: dict[int, tuple[str, ...]] = {}
    for oid, key in connection.execute(_KEYS, oids):
        keys.setdefault(oid, tuple(key))
    return [
        (
            ("pg_class", oid),
            ImportedTable(names.shown(schema), name, _KINDS[kind], tuple(columns[oid]), keys.get(oid, ()), comment),
        )
        for oid, schema, name, kind, comment in relations
    ]
