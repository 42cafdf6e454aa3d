"""Functions and operators that another role has made beside PostgreSQL's own of the same name.

PostgreSQL calls the one that fits the arguments best, in whichever searched schema it is. Such a function therefore
runs with the rights of the role that connects. Taking the right to create from PUBLIC does not remove what was made
before. Below `session`; `migrations.places` asks the same.
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
# member of every role, so membership says nothing about one.
FIND_PLANTED: Final = """
WITH made AS (
    SELECT p.oid::regprocedure::text AS name, p.proowner AS maker, p.pronamespace AS place
    FROM pg_proc AS p
    INNER JOIN pg_namespace AS c ON c.nspname = 'pg_catalog'
    WHERE EXISTS (SELECT FROM pg_proc AS b WHERE b.proname = p.proname AND b.pronamespace = c.oid)
    UNION ALL
    SELECT o.oid::regoperator::text, o.oprowner, o.oprnamespace
    FROM pg_operator AS o
    INNER JOIN pg_namespace AS c ON c.nspname = 'pg_catalog'
    WHERE EXISTS (SELECT FROM pg_operator AS b WHERE b.oprname = o.oprname AND b.oprnamespace = c.oid)
)

SELECT m.name, quote_ident(r.rolname), count(*) OVER ()
FROM made AS m
INNER JOIN pg_roles AS r ON r.oid = m.maker
INNER JOIN pg_namespace AS n ON n.oid = m.place
INNER JOIN pg_database AS d ON d.datname = current_database()
INNER JOIN pg_roles AS me ON me.rolname = current_user
WHERE
    n.nspname = ANY (current_setting('hangar_dal.searched')::name[])
    AND n.nspname !~ '^pg_'
    AND r.oid <> me.oid
    AND NOT pg_has_role(r.oid, n.nspowner, 'MEMBER')
    AND NOT pg_has_role(r.oid, d.datdba, 'MEMBER')
    AND (me.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'MEMBER'))
ORDER BY m.name
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
