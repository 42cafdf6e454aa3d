"""Reads what a PostgreSQL schema holds besides tables: views, triggers, policies, functions, types, extensions ...

Members of extensions are left out. `schema_postgresql` sets the search path.
"""

from typing import Any, Final

from hangar_dal.migrations.schema import Other

_OTHERS: Final = """
WITH here AS (SELECT current_schema()::regnamespace AS oid),
-- Parts of an extension, and the sequences behind identity and serial columns.
parts AS (SELECT d.classid, d.objid FROM pg_catalog.pg_depend AS d WHERE d.deptype IN ('e', 'i', 'a')),
others AS (
    SELECT 'pg_class'::regclass AS class, c.oid, n.kind, c.relname AS name, n.text, '' AS "table"
    FROM pg_catalog.pg_class AS c
    INNER JOIN here ON here.oid = c.relnamespace
    CROSS JOIN LATERAL (
        SELECT
            CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' END AS kind,
            CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid, TRUE) ELSE '' END AS text
    ) AS n
    WHERE c.relkind IN ('v', 'm', 'S')
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
    UNION ALL
    SELECT
        'pg_type'::regclass, t.oid, CASE t.typtype WHEN 'e' THEN 'enum' ELSE 'domain' END, t.typname,
        CASE t.typtype
            WHEN 'e' THEN (
                SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
                FROM pg_catalog.pg_enum AS e
                WHERE e.enumtypid = t.oid
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
    WHERE t.typtype IN ('e', 'd')
    UNION ALL
    SELECT 'pg_extension'::regclass, e.oid, 'extension', e.extname, '', ''
    FROM pg_catalog.pg_extension AS e
    WHERE e.extname <> 'plpgsql' -- is in every database
)
SELECT o.kind, o.name, o.text, o."table"
FROM others AS o
WHERE
    o.kind IN ('trigger', 'policy') -- parts of their tables
    OR NOT EXISTS (SELECT FROM parts AS p WHERE p.classid = o.class AND p.objid = o.oid)
ORDER BY o.kind COLLATE "C", o.name COLLATE "C"
"""


def read_others(connection: Any) -> tuple[Other, ...]:
    """In the order of kinds and names."""
    return tuple(Other(*row) for row in connection.execute(_OTHERS))
