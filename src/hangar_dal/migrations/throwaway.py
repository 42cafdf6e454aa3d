"""Use an empty database that the user names as scratch database, for a role that may not create databases.

The database must be empty, belong to the role, and have the encoding and locale of template0. During a run its comment
contains a mark. If the run is killed, the mark stays, and the next run may empty the database.
"""

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from hangar_dal.errors import ScratchError
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.migrations.leftovers import is_marked
from hangar_dal.migrations.locks import hold_forever, is_alive, lock
from hangar_dal.migrations.objects import objects_in, remove_objects
from hangar_dal.migrations.targets import PostgresMigrationTarget
from hangar_dal.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

# `locale` has the encoding and locale of each database: all columns of pg_database except those that are removed here.
_DATABASE: Final = """
WITH databases AS (
    SELECT
        d.datname, d.oid, d.datdba,
        to_jsonb(d) - '{oid,datname,datdba,datistemplate,datallowconn,datconnlimit,datlastsysoid,datfrozenxid}'::text[]
        - '{datminmxid,dattablespace,datacl,datcollversion,dathasloginevt}'::text[] AS locale
    FROM pg_catalog.pg_database AS d
)

SELECT
    d.datname,
    d.oid,
    pg_catalog.shobj_description(d.oid, 'pg_database'),
    pg_has_role(d.datdba, 'USAGE'),
    current_user::text,
    t.locale IS NOT DISTINCT FROM d.locale,
    EXISTS (SELECT FROM pg_catalog.pg_db_role_setting AS s WHERE s.setdatabase = d.oid)
FROM databases AS d
LEFT JOIN databases AS t ON t.datname = 'template0'
WHERE d.datname = current_database()
"""
# The number of other sessions in this database. Background workers of the server have no user.
_OTHERS: Final = """
SELECT count(*)
FROM pg_catalog.pg_stat_activity AS a
INNER JOIN pg_catalog.pg_database AS d ON d.oid = a.datid
WHERE d.datname = current_database() AND a.usesysid IS NOT NULL AND a.pid <> pg_backend_pid()
"""
_PATIENCE: Final = 10.0  # seconds for the sessions of an earlier run to end


@contextmanager
def borrowed(target: PostgresMigrationTarget) -> Iterator[PostgresScratch]:
    """Use the database of the target as a scratch database during the block, and empty it afterwards.

    Raises `ScratchError` if the database cannot be used.
    """
    where = target.location.where
    if Settings().target.where == where:
        raise _unfit(where, "it is the database of DATABASE_URL", "name another one")
    with closing(target.connect()) as connection:
        hold_forever(connection)
        lock(connection, connection.info.dbname)
        scratch, comment = _claim(target, connection)
        try:
            yield scratch
        finally:
            if is_alive(connection):
                _give_back(scratch, connection, comment)
            else:
                with closing(scratch.connect()) as again:
                    _give_back(scratch, again, comment)


def _claim(target: PostgresMigrationTarget, connection: "Connection[Any]") -> tuple[PostgresScratch, str | None]:
    """Mark the database. Return it as a scratch database, and the comment that the user has given it."""
    [(database, oid, comment, is_owner, role, is_alike, has_settings)] = connection.execute(_DATABASE).fetchall()
    if not is_owner:
        raise _unfit(database, f"it does not belong to the role {role}", f"ALTER DATABASE {database} OWNER TO {role}")
    if not is_alike:
        create = f"create it by CREATE DATABASE {database} TEMPLATE template0"
        raise _unfit(database, "its encoding or locale is not that of the server's template0", create)
    if has_settings:
        raise _unfit(database, "it has settings of its own", f"ALTER DATABASE {database} RESET ALL")
    scratch = PostgresScratch(
        target.location, target.lock_timeout, target.connect_timeout, database=database, oid=oid, token=token_hex(16)
    )
    _wait_for_others(connection, database)
    if is_marked(comment):
        comment = comment.partition("\n")[2] or None
        _comment(connection, database, _marked(scratch, comment))
        remove_objects(scratch, connection)
        return scratch, comment
    with connection.transaction():
        if found := objects_in(connection):
            more = f" and {len(found) - 1} more" if len(found) > 1 else ""
            raise _unfit(database, f"it is not empty: it has {found[0]}{more}", "name a database that holds nothing")
        _comment(connection, database, _marked(scratch, comment))
    return scratch, comment


def _give_back(scratch: PostgresScratch, connection: "Connection[Any]", comment: str | None) -> None:
    remove_objects(scratch, connection)
    scratch.prove(connection)
    _comment(connection, scratch.database, comment)


def _wait_for_others(connection: "Connection[Any]", database: str) -> None:
    """Wait until all other sessions have ended. The server may still run a statement of a killed client.

    Raises `ScratchError` if a session is still connected after `_PATIENCE` seconds.
    """
    deadline = time.monotonic() + _PATIENCE
    while others := connection.execute(_OTHERS).fetchall()[0][0]:
        if time.monotonic() > deadline:
            raise _unfit(database, f"{others} other session(s) are connected to it", "end them")
        time.sleep(0.05)


def _marked(scratch: PostgresScratch, comment: str | None) -> str:
    return scratch.mark if comment is None else f"{scratch.mark}\n{comment}"


def _comment(connection: "Connection[Any]", database: str, comment: str | None) -> None:
    from psycopg.sql import SQL, Identifier, Literal  # noqa: PLC0415 - SQLite users never load libpq

    connection.execute(SQL("COMMENT ON DATABASE {} IS {}").format(Identifier(database), Literal(comment)))


def _unfit(database: str, why: str, what_to_do: str) -> ScratchError:
    return ScratchError(
        f"PostgreSQL was not checked: {database} cannot be the throwaway database, because {why}", what_to_do
    )
