"""All rows and the whole catalog of a PostgreSQL database, read by the raw driver and independent of the package."""

from typing import Any

import psycopg
from psycopg import sql

# What changes on its own: statistics of the planner, and counters of vacuum.
MOVING = {"pg_class": ["relpages", "reltuples", "relallvisible", "relallfrozen", "relfrozenxid", "relminmxid"]}
IGNORED = {"pg_statistic", "pg_statistic_ext_data", "pg_largeobject_metadata"}
CATALOGS = """
SELECT c.oid, c.relname
FROM pg_catalog.pg_class AS c
WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relkind = 'r' AND NOT c.relisshared
    AND has_table_privilege(c.oid, 'SELECT')
ORDER BY c.relname
"""
TABLES = """
SELECT n.nspname, c.relname, CASE WHEN c.relkind = 'S' THEN ARRAY['last_value', 'is_called'] END
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm', 'S') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname, c.relname
"""
SETTINGS = """
SELECT s::text
FROM pg_catalog.pg_db_role_setting AS s
LEFT JOIN pg_catalog.pg_database AS d ON d.oid = s.setdatabase
LEFT JOIN pg_catalog.pg_roles AS r ON r.oid = s.setrole
WHERE d.datname = current_database() OR (s.setdatabase = 0 AND coalesce(r.rolname, '') !~ '^hangar_')
ORDER BY 1
"""
# Other tests make roles of such names on the same server.
ROLES = """
SELECT r.rolname, r.rolsuper, r.rolcreatedb
FROM pg_catalog.pg_roles AS r
WHERE r.rolname !~ '^hangar_'
ORDER BY 1
"""
# The database's own row, its settings and its comment are kept for the whole server.
SHARED = (
    "SELECT d::text FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()",
    SETTINGS,
    ROLES,
    "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = current_database()",
)


def outside_view(url: str) -> dict[str, Any]:
    """By the name of each table and of each catalog its rows; `url` should be that of a superuser."""
    found: dict[str, Any] = {}
    with psycopg.connect(url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for oid, catalog in connection.execute(CATALOGS).fetchall():
            if catalog not in IGNORED:
                columns = connection.execute(
                    "SELECT attname FROM pg_catalog.pg_attribute WHERE attrelid = %s AND attnum > 0", [oid]
                )
                kept = [name for (name,) in columns if name not in MOVING.get(catalog, ())]
                found[catalog] = _digest(connection, "pg_catalog", catalog, kept)
        for schema, table, columns in connection.execute(TABLES).fetchall():
            found[f"{schema}.{table}"] = _digest(connection, schema, table, columns)
        for query in SHARED:
            found[query] = connection.execute(query.encode()).fetchall()
    return found


def _digest(connection: psycopg.Connection[Any], schema: str, table: str, columns: list[str] | None) -> Any:
    """With the place of each row and the transaction that wrote it: a row that was written again is not the same."""
    row = (
        sql.SQL("t::text || t.ctid::text || t.xmin::text")
        if columns is None
        else sql.SQL("ROW({})::text").format(sql.SQL(", ").join(sql.Identifier("t", name) for name in columns))
    )
    query = sql.SQL("SELECT count(*), sum(hashtextextended({row}, 0)::numeric) FROM {table} AS t")
    return connection.execute(query.format(row=row, table=sql.Identifier(schema, table))).fetchone()
