"""Functions and operators that another role has made beside PostgreSQL's own of the same name.

PostgreSQL calls the one that fits the arguments best, in whichever searched schema it is. Such a function therefore
runs with the rights of the role that connects. Taking the right to create from PUBLIC does not remove what was made
before. Below `session`; `migrations.targets` asks the same.
"""

from typing import Any, Final

from hangar_dal.errors import SettingsError

# The search for planted names must not call one. Both settings end with the transaction.
PIN: Final = """
SELECT
    pg_catalog.set_config('hangar_dal.searched', pg_catalog.current_schemas(false)::pg_catalog.text, TRUE),
    pg_catalog.set_config('search_path', 'pg_catalog', TRUE)
"""
# An owner of the schema or of the database can replace any table, and this role need not fear itself. A superuser is a
# member of every role, so membership says nothing about one. Names are written out for what was found only: for all of
# PostgreSQL's own functions that takes a tenth of a second.
FIND_PLANTED: Final = """
WITH searched AS MATERIALIZED (
    SELECT n.oid, n.nspowner
    FROM pg_namespace AS n
    WHERE n.nspname = ANY (current_setting('hangar_dal.searched')::name[]) AND n.nspname !~ '^pg_'
),

made AS (
    SELECT p.oid AS function, NULL::oid AS operator, p.proowner AS maker, n.nspowner
    FROM searched AS n
    INNER JOIN pg_proc AS p ON p.pronamespace = n.oid
    WHERE p.proname IN (SELECT b.proname FROM pg_proc AS b WHERE b.pronamespace = 'pg_catalog'::regnamespace)
    UNION ALL
    SELECT NULL::oid, o.oid, o.oprowner, n.nspowner
    FROM searched AS n
    INNER JOIN pg_operator AS o ON o.oprnamespace = n.oid
    WHERE o.oprname IN (SELECT b.oprname FROM pg_operator AS b WHERE b.oprnamespace = 'pg_catalog'::regnamespace)
)

SELECT
    coalesce(m.function::regprocedure::text, m.operator::regoperator::text) AS name,
    quote_ident(r.rolname),
    count(*) OVER ()
FROM made AS m
INNER JOIN pg_roles AS r ON r.oid = m.maker
INNER JOIN pg_database AS d ON d.datname = current_database()
INNER JOIN pg_roles AS me ON me.rolname = current_user
WHERE
    r.oid <> me.oid
    AND NOT pg_has_role(r.oid, m.nspowner, 'MEMBER')
    AND NOT pg_has_role(r.oid, d.datdba, 'MEMBER')
    AND (me.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'MEMBER'))
ORDER BY name
LIMIT 1
"""


def refusal(found: tuple[Any, ...], where: str) -> SettingsError:
    """The error for a row that `FIND_PLANTED` has found on the server at `where`."""
    name, role, number = found
    more = f", and {number - 1} more like it" if number > 1 else ""
    return SettingsError(
        f"PostgreSQL at {where}: the role {_shown(role)} has made {_shown(name)}{more}. PostgreSQL could call it "
        "instead of its own function or operator of this name, with the rights of this user. Drop it, or if you trust "
        "it, make it belong to the owner of its schema. Set HANGAR_ALLOW_PUBLIC_CREATE=true if every role of the "
        "server is trusted."
    )


def _shown(name: str | bytes) -> str:
    """A name that another role has chosen, without control characters. In SQL_ASCII databases names are bytes."""
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return ascii(text)[1:-1]
