"""Find what other roles could have put on the search path in place of the application's tables and functions.

A role with CREATE on the database can make a schema with the name of another role. `"$user"` in that role's search path
then finds its tables before those of `public`.

PostgreSQL calls the function whose parameters match best, in any schema of the search path. So a function of another
role could run with the rights of the role that connects. REVOKE CREATE FROM PUBLIC does not remove existing functions.
Below `session`; `migrations.targets` uses it too.
"""

from typing import Any, Final

from hangar_dal.errors import SettingsError

# The search itself must not call such a function. Both settings end with the transaction.
PIN: Final = """
SELECT
    pg_catalog.set_config('hangar_dal.searched', pg_catalog.current_schemas(false)::pg_catalog.text, TRUE),
    pg_catalog.set_config('search_path', 'pg_catalog', TRUE)
"""
# Returns a row if another role has made any function or operator in the searched schemas. In most databases none has,
# and the full search takes a new session several times as long. Objects that roles make have OIDs from 16384 on
# (FirstNormalObjectId in PostgreSQL's access/transam.h), so the index on the OIDs finds them.
ANY_OF_OTHERS: Final = """
SELECT 1
FROM pg_roles AS me
INNER JOIN pg_namespace AS n
    ON n.nspname = ANY (current_setting('hangar_dal.searched')::name[]) AND n.nspname !~ '^pg_'
WHERE
    me.rolname = current_user
    AND (
        EXISTS (
            SELECT FROM pg_proc AS p WHERE p.oid >= 16384 AND p.pronamespace = n.oid AND p.proowner <> me.oid
        )
        OR EXISTS (
            SELECT FROM pg_operator AS o WHERE o.oid >= 16384 AND o.oprnamespace = n.oid AND o.oprowner <> me.oid
        )
    )
LIMIT 1
"""
# Objects of this role, and of the owners of the schema and of the database, are accepted: these owners can replace any
# table anyway. For a superuser, membership is not checked, because a superuser is a member of every role. Names are
# formatted only for objects that were found: formatting all functions of PostgreSQL would take a tenth of a second.
FIND_PLANTED: Final = """
WITH searched AS MATERIALIZED (
    SELECT n.oid, n.nspowner
    FROM pg_namespace AS n
    WHERE n.nspname = ANY (current_setting('hangar_dal.searched')::name[]) AND n.nspname !~ '^pg_'
),

made AS MATERIALIZED (
    SELECT p.oid AS function, NULL::oid AS operator, p.proname AS name, p.proowner AS maker, n.nspowner
    FROM searched AS n
    INNER JOIN pg_proc AS p ON p.pronamespace = n.oid AND p.oid >= 16384
    UNION ALL
    SELECT NULL::oid, o.oid, o.oprname, o.oprowner, n.nspowner
    FROM searched AS n
    INNER JOIN pg_operator AS o ON o.oprnamespace = n.oid AND o.oid >= 16384
)

SELECT
    coalesce(m.function::regprocedure::text, m.operator::regoperator::text) AS name,
    quote_ident(r.rolname),
    count(*) OVER ()
FROM made AS m
INNER JOIN pg_roles AS me ON me.rolname = current_user AND me.oid <> m.maker
INNER JOIN pg_roles AS r ON r.oid = m.maker
INNER JOIN pg_database AS d ON d.datname = current_database()
WHERE
    NOT pg_has_role(r.oid, m.nspowner, 'MEMBER')
    AND NOT pg_has_role(r.oid, d.datdba, 'MEMBER')
    AND (me.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'MEMBER'))
    AND (
        EXISTS (
            SELECT FROM pg_proc AS b
            WHERE m.function IS NOT NULL AND b.proname = m.name AND b.pronamespace = 'pg_catalog'::regnamespace
        )
        OR EXISTS (
            SELECT FROM pg_operator AS b
            WHERE m.operator IS NOT NULL AND b.oprname = m.name AND b.oprnamespace = 'pg_catalog'::regnamespace
        )
    )
ORDER BY name
LIMIT 1
"""

# Schemas of this role, of a superuser and of the owner of the database are accepted, as below.
FIND_FOREIGN: Final = """
SELECT
    quote_ident(n.nspname),
    quote_ident(r.rolname),
    quote_ident(me.rolname),
    quote_ident(d.datname),
    quote_ident(o.rolname),
    coalesce(
        (
            SELECT string_agg(quote_ident(left_schema), ', ' ORDER BY at)
            FROM unnest(current_setting('hangar_dal.searched')::name[]) WITH ORDINALITY AS s (left_schema, at)
            WHERE s.left_schema <> n.nspname AND s.left_schema !~ '^pg_'
        ),
        'public'
    )
FROM pg_namespace AS n
INNER JOIN pg_roles AS r ON r.oid = n.nspowner
INNER JOIN pg_roles AS me ON me.rolname = current_user AND me.oid <> r.oid
INNER JOIN pg_database AS d ON d.datname = current_database()
INNER JOIN pg_roles AS o ON o.oid = d.datdba
WHERE
    n.nspname = ANY (current_setting('hangar_dal.searched')::name[])
    AND n.nspname !~ '^pg_'
    AND NOT r.rolsuper
    AND r.rolname <> 'pg_database_owner'
    AND NOT pg_has_role(r.oid, d.datdba, 'MEMBER')
    AND (me.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'MEMBER'))
ORDER BY n.nspname
LIMIT 1
"""
# The same roles are accepted. So is a role that owns the history of the migrations: it makes the application's tables.
FIND_CREATOR: Final = """
SELECT quote_ident(n.nspname), quote_ident(r.rolname)
FROM pg_namespace AS n
CROSS JOIN aclexplode(n.nspacl) AS a
INNER JOIN pg_roles AS r ON r.oid = a.grantee AND NOT r.rolsuper
INNER JOIN pg_roles AS me ON me.rolname = current_user AND me.oid <> r.oid
INNER JOIN pg_database AS d ON d.datname = current_database()
WHERE
    n.nspname = ANY (current_setting('hangar_dal.searched')::name[])
    AND n.nspname !~ '^pg_'
    AND a.privilege_type = 'CREATE'
    AND NOT pg_has_role(r.oid, n.nspowner, 'MEMBER')
    AND NOT pg_has_role(r.oid, d.datdba, 'MEMBER')
    AND (me.rolsuper OR NOT pg_has_role(me.oid, r.oid, 'MEMBER'))
    AND NOT EXISTS (
        SELECT FROM pg_class AS c
        WHERE c.relnamespace = n.oid AND c.relname = '_yoyo_migration' AND pg_has_role(r.oid, c.relowner, 'MEMBER')
    )
ORDER BY n.nspname, r.rolname
LIMIT 1
"""


def foreign_schema(found: tuple[Any, ...], where: str) -> SettingsError:
    """Return the error for a row that `FIND_FOREIGN` has returned on the server at `where`."""
    schema, maker, role, database, owner, others = map(_shown, found)
    return SettingsError(
        f"PostgreSQL at {where}: the search path of {role} has the schema {schema}, which belongs to the role {maker}. "
        "That role could put its own tables and functions in place of the application's, and read and change the data. "
        "If the application does not use this schema, run: "
        f"ALTER ROLE {role} IN DATABASE {database} SET search_path = {others}; If it does, run: "
        f"ALTER SCHEMA {schema} OWNER TO {owner}; Set HANGAR_ALLOW_PUBLIC_CREATE=true if every role of "
        "the server is trusted."
    )


def creator(found: tuple[Any, ...], where: str) -> SettingsError:
    """Return the error for a row that `FIND_CREATOR` has returned on the server at `where`."""
    schema, role = map(_shown, found)
    return SettingsError(
        f"PostgreSQL at {where}: the role {role} may create functions in {schema}, where the names of this database's "
        "statements are looked up, and could run code as this user. Run as the owner: "
        f"REVOKE CREATE ON SCHEMA {schema} FROM {role}; If this role makes the application's tables, make it the owner "
        "of the schema. Set HANGAR_ALLOW_PUBLIC_CREATE=true if every role of the server is trusted."
    )


def no_schema() -> SettingsError:
    """Return the error for a session of PostgreSQL that looks in no schema for tables."""
    return SettingsError(
        "PostgreSQL finds no table, because the search_path of this session names no schema that exists and that this "
        "role may use",
        "run ALTER ROLE ... SET search_path = public for this role, or GRANT USAGE ON SCHEMA ... TO it. ALTER "
        "DATABASE, PGOPTIONS and `options` in the URL can set the search_path too",
    )


def refusal(found: tuple[Any, ...], where: str) -> SettingsError:
    """Return the error for a row that `FIND_PLANTED` has returned on the server at `where`."""
    name, role, number = found
    more = f", and {number - 1} more like it" if number > 1 else ""
    return SettingsError(
        f"PostgreSQL at {where}: the role {_shown(role)} has made {_shown(name)}{more}. PostgreSQL could call it "
        "instead of its own function or operator of this name, with the rights of this user. Drop it, or if you trust "
        "it, make it belong to the owner of its schema. Set HANGAR_ALLOW_PUBLIC_CREATE=true if every role of the "
        "server is trusted."
    )


def _shown(name: str | bytes) -> str:
    """Return a name that another role has chosen, with escaped control characters and non-ASCII characters.

    In SQL_ASCII databases, names are bytes.
    """
    text = name.decode(errors="replace") if isinstance(name, bytes) else name
    return ascii(text)[1:-1]
