"""Find and remove all objects that users have created in a PostgreSQL database.

Objects of the server itself have oids below 16384. The schema public and the extension plpgsql are in every database.
Parts of other objects (indexes, row types, members of extensions) are dropped with those objects.
"""

from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError
from hangar_dal.migrations.guard import PostgresScratch

if TYPE_CHECKING:
    from psycopg import Connection

# The catalogs in the order of dropping. The names of schemas for temporary tables begin with pg_.
_KINDS: Final = {
    "pg_subscription": "x.subdbid IN (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())",
    "pg_event_trigger": "TRUE",
    "pg_publication": "TRUE",
    "pg_extension": "x.extname <> 'plpgsql'",
    "pg_namespace": "x.nspname <> 'public' AND x.nspname !~ '^pg_'",
    "pg_class": "x.relkind <> 'c' AND x.relnamespace::regnamespace::text !~ '^pg_(toast|temp)'",
    "pg_type": "x.typnamespace::regnamespace::text !~ '^pg_(toast|temp)'",
    "pg_proc": "TRUE",
    "pg_operator": "TRUE",
    "pg_opfamily": "TRUE",
    "pg_opclass": "TRUE",
    "pg_cast": "TRUE",
    "pg_transform": "TRUE",
    "pg_am": "TRUE",
    "pg_collation": "TRUE",
    "pg_conversion": "TRUE",
    "pg_ts_config": "TRUE",
    "pg_ts_dict": "TRUE",
    "pg_ts_parser": "TRUE",
    "pg_ts_template": "TRUE",
    "pg_statistic_ext": "TRUE",
    "pg_foreign_server": "TRUE",
    "pg_foreign_data_wrapper": "TRUE",
    "pg_language": "TRUE",
    "pg_default_acl": "TRUE",
}
_EACH: Final = " UNION ALL ".join(
    f"SELECT {place} AS place, '{catalog}'::regclass AS class, x.oid "  # noqa: S608 - written above
    f"FROM pg_catalog.{catalog} AS x WHERE x.oid >= 16384 AND {which}"
    for place, (catalog, which) in enumerate(_KINDS.items())
)
_LISTED: Final = f"""
SELECT o.class::regclass::text AS class, o.oid, i.type, i.identity, coalesce(i.schema, '') AS schema
FROM ({_EACH}) AS o
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.oid, 0) AS i
WHERE
    NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend AS d
        WHERE d.classid = o.class AND d.objid = o.oid AND d.objsubid = 0 AND d.deptype IN ('a', 'e', 'i', 'P', 'S')
    )
ORDER BY o.place, o.oid
"""  # noqa: S608 - written above
_OBJECTS: Final = f"SELECT l.type, l.identity FROM ({_LISTED}) AS l"  # noqa: S608 - written above
_LARGE_OBJECTS: Final = "SELECT l.oid FROM pg_catalog.pg_largeobject_metadata AS l ORDER BY l.oid"
# Object types that pg_identify_object and DROP name differently.
_SPELLED: Final = {
    "composite type": "TYPE",
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
    "statistics object": "STATISTICS",
}


def objects_in(connection: "Connection[Any]") -> list[str]:
    """Return the objects of users, such as `table public.users`; an empty list for an empty database."""
    found = [f"{kind} {identity}" for kind, identity in connection.execute(_OBJECTS.encode())]
    return [*found, *(f"large object {oid}" for (oid,) in connection.execute(_LARGE_OBJECTS))]


def listed_objects(connection: Any) -> list[tuple[str, int, str, str, str]]:
    """Return the catalog, the oid, the type, the identity and the schema of each object of users."""
    found: list[tuple[str, int, str, str, str]] = connection.execute(_LISTED).fetchall()
    return found


def remove_objects(scratch: PostgresScratch, connection: "Connection[Any]") -> None:
    """Drop all objects of users in one transaction, after checking that the database is this scratch database.

    Raises `ScratchError` if an object is left.
    """
    with scratch.changing(connection) as change:
        change.execute("SET LOCAL search_path = pg_catalog")
        last: list[tuple[str, str]] = []
        while (found := change.execute(_OBJECTS).fetchall()) and found != last:
            last = found
            kind, identity = found[0]
            change.execute(f"DROP {_SPELLED.get(kind, kind)} {identity} CASCADE")
        for (oid,) in change.execute(_LARGE_OBJECTS).fetchall():
            change.execute(f"SELECT lo_unlink({oid})")
        change.execute("CREATE SCHEMA IF NOT EXISTS public")
    if left := objects_in(connection):
        raise ScratchError(
            f"The throwaway database {scratch.database} could not be emptied: {left[0]} is left. "
            "Drop the database and create it again."
        )
