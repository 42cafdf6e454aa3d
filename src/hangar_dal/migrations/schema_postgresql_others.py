"""Read the objects of a PostgreSQL schema other than tables: views, triggers, functions, types, extensions ...

Members of extensions are not included. `schema_postgresql` sets the search path.
"""

from typing import Any, Final

from hangar_dal.migrations.schema import Other

# Objects that roles make have OIDs from 16384 on, so the index on the OIDs leaves PostgreSQL's own objects out.
_OTHERS: Final = """
WITH here AS (SELECT current_schema()::regnamespace AS oid),
-- Parts of an extension, and the sequences behind identity and serial columns.
parts AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype IN ('e', 'i', 'a')),
listed AS (
    SELECT
        a.attrelid AS relid,
        string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum) AS columns
    FROM pg_catalog.pg_attribute AS a
    INNER JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid AND c.relkind IN ('c', 'f')
    WHERE a.attnum > 0 AND NOT a.attisdropped
    GROUP BY a.attrelid
),
others AS (
    SELECT 'pg_class'::regclass AS class, c.oid, n.kind, c.relname AS name, n.text, '' AS "table"
    FROM pg_catalog.pg_class AS c
    INNER JOIN here ON here.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT
            CASE c.relkind
                WHEN 'v' THEN 'view'
                WHEN 'm' THEN 'materialized view'
                WHEN 'S' THEN 'sequence'
                WHEN 'f' THEN 'foreign table'
            END AS kind,
            CASE
                WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, TRUE)
                WHEN c.relkind = 'f' THEN (SELECT l.columns FROM listed AS l WHERE l.relid = c.oid)
                ELSE ''
            END AS text
    ) AS n
    WHERE c.relkind IN ('v', 'm', 'S', 'f')
    UNION ALL
    SELECT 'pg_class'::regclass, c.oid, 'index', c.relname, pg_get_indexdef(c.oid), v.relname
    FROM pg_catalog.pg_index AS i
    INNER JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
    INNER JOIN pg_catalog.pg_class AS v ON v.oid = i.indrelid AND v.relkind = 'm'
    INNER JOIN here ON here.oid = v.relnamespace
    UNION ALL
    SELECT 'pg_trigger'::regclass, t.oid, 'trigger', t.tgname, pg_get_triggerdef(t.oid, TRUE), c.relname
    FROM pg_catalog.pg_trigger AS t
    INNER JOIN pg_catalog.pg_class AS c ON c.oid = t.tgrelid
    INNER JOIN here ON here.oid = c.relnamespace
    WHERE NOT t.tgisinternal
    UNION ALL
    SELECT
        'pg_policy'::regclass, p.oid, 'policy', p.polname,
        concat_ws(
            ' ', CASE WHEN NOT p.polpermissive THEN 'restrictive' END, p.polcmd,
            'to ' || (
                SELECT string_agg(CASE r WHEN 0 THEN 'public' ELSE r::regrole::text END, ', ' ORDER BY r)
                FROM unnest(p.polroles) AS r
            ),
            'using ' || pg_get_expr(p.polqual, p.polrelid), 'with check ' || pg_get_expr(p.polwithcheck, p.polrelid)
        ),
        c.relname
    FROM pg_catalog.pg_policy AS p
    INNER JOIN pg_catalog.pg_class AS c ON c.oid = p.polrelid
    INNER JOIN here ON here.oid = c.relnamespace
    UNION ALL
    SELECT
        'pg_proc'::regclass, p.oid, 'function', format('%s(%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
        concat_ws(' ', 'returns', pg_get_function_result(p.oid), l.lanname, p.provolatile, md5(p.prosrc), p.proconfig),
        ''
    FROM pg_catalog.pg_proc AS p
    INNER JOIN pg_catalog.pg_language AS l ON l.oid = p.prolang
    INNER JOIN here ON here.oid = p.pronamespace
    WHERE p.oid >= 16384
    UNION ALL
    SELECT
        'pg_type'::regclass, t.oid,
        CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'r' THEN 'range type' ELSE 'composite type' END,
        t.typname,
        CASE t.typtype
            WHEN 'e' THEN (
                SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                FROM pg_catalog.pg_enum AS e
                WHERE e.enumtypid = t.oid
            )
            WHEN 'c' THEN (SELECT l.columns FROM listed AS l WHERE l.relid = t.typrelid)
            WHEN 'r' THEN (
                SELECT r.rngsubtype::regtype::text
                FROM pg_catalog.pg_range AS r
                WHERE r.rngtypid = t.oid
            )
            ELSE concat_ws(
                ' ', format_type(t.typbasetype, t.typtypmod), CASE WHEN t.typnotnull THEN 'not null' END, t.typdefault,
                (
                    SELECT string_agg(pg_get_constraintdef(k.oid, TRUE), ' ' ORDER BY k.conname)
                    FROM pg_catalog.pg_constraint AS k
                    WHERE k.contypid = t.oid AND k.contype = 'c'
                )
            )
        END,
        ''
    FROM pg_catalog.pg_type AS t
    INNER JOIN here ON here.oid = t.typnamespace
    WHERE
        t.oid >= 16384
        AND (
            t.typtype IN ('e', 'd', 'r')
            OR t.typtype = 'c' AND t.typrelid IN (SELECT c.oid FROM pg_catalog.pg_class AS c WHERE c.relkind = 'c')
        )
    UNION ALL
    SELECT 'pg_statistic_ext'::regclass, s.oid, 'statistics', s.stxname, pg_get_statisticsobjdef(s.oid), ''
    FROM pg_catalog.pg_statistic_ext AS s
    INNER JOIN here ON here.oid = s.stxnamespace
    UNION ALL
    SELECT 'pg_collation'::regclass, l.oid, 'collation', l.collname, coalesce(l.collcollate, ''), ''
    FROM pg_catalog.pg_collation AS l
    INNER JOIN here ON here.oid = l.collnamespace
    WHERE l.oid >= 16384
    UNION ALL
    SELECT 'pg_ts_config'::regclass, g.oid, 'text search configuration', g.cfgname, '', ''
    FROM pg_catalog.pg_ts_config AS g
    INNER JOIN here ON here.oid = g.cfgnamespace
    UNION ALL
    SELECT 'pg_ts_dict'::regclass, y.oid, 'text search dictionary', y.dictname, coalesce(y.dictinitoption, ''), ''
    FROM pg_catalog.pg_ts_dict AS y
    INNER JOIN here ON here.oid = y.dictnamespace
    UNION ALL
    SELECT 'pg_extension'::regclass, e.oid, 'extension', e.extname, '', ''
    FROM pg_catalog.pg_extension AS e
    WHERE e.extname <> 'plpgsql' -- is in every database
)
SELECT o.kind, o.name, o.text, o."table"
FROM others AS o
WHERE
    o.kind IN ('trigger', 'policy', 'index', 'statistics') -- parts of their tables
    OR NOT EXISTS (SELECT FROM parts AS p WHERE p.classid = o.class AND p.objid = o.oid)
ORDER BY o.kind COLLATE "C", o.name COLLATE "C", o."table" COLLATE "C"
"""


def read_others(connection: Any) -> tuple[Other, ...]:
    """Return the objects, sorted by kind and name."""
    return tuple(Other(*row) for row in connection.execute(_OTHERS))
