"""Read details of columns from PostgreSQL's catalog: enums, small integers and collations."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.check.model import Tables

if TYPE_CHECKING:
    from psycopg import Connection

_DETAILS: Final = """
SELECT
    CASE WHEN pg_table_is_visible(c.oid) THEN c.relname ELSE concat(n.nspname, '.', c.relname) END,
    a.attname,
    CASE
        WHEN b.typtype = 'e' THEN 'enum'
        WHEN b.typname IN ('int2', 'int4') THEN 'narrow'
        WHEN o.collname NOT IN ('C', 'POSIX', 'ucs_basic') THEN 'locale'
    END
FROM pg_catalog.pg_class AS c
INNER JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
INNER JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
INNER JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
INNER JOIN pg_catalog.pg_type AS b ON b.oid = CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END
LEFT JOIN pg_catalog.pg_collation AS o ON o.oid = a.attcollation
WHERE
    c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (b.typtype = 'e' OR b.typname IN ('int2', 'int4') OR o.collname NOT IN ('C', 'POSIX', 'ucs_basic'))
"""


def with_details(tables: Tables, connection: "Connection[Any]") -> Tables:
    """Return the tables with the `detail` of each column: "enum", "narrow", "locale" or ""."""
    found = {(table, column): detail for table, column, detail in connection.execute(_DETAILS).fetchall()}
    columns = {
        table: {name: replace(column, detail=found.get((table, name), "")) for name, column in of_table.items()}
        for table, of_table in tables.columns.items()
    }
    return replace(tables, columns=columns)
