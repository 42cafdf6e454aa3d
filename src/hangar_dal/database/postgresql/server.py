"""The first word with a server: can it be reached, is it new enough, which settings does it know.

Done without psycopg_pool, which would hide why it fails and try again. Stands below `engine`.
"""

from typing import Any, Final

import psycopg
from psycopg import AsyncConnection

from hangar_dal.errors import ConnectionFailed, UnsupportedVersion, raise_alone
from hangar_dal.settings import PostgresTarget, Settings

MINIMUM: Final = 14

# libpq's words for why it could not connect, and what to do. Nothing else of its message is passed on.
_REASONS: Final = (
    ("password authentication failed", "the user or the password is wrong"),
    ("no password supplied", "the server asks for a password"),
    ("no pg_hba.conf entry", "the server does not let this user in from here (pg_hba.conf)"),
    ("Peer authentication failed", "the server wants the operating system's user of that name"),
    ("Connection refused", "nothing listens there"),
    ("No such file or directory", "no server's socket is there"),
    ("could not translate host name", "the host is unknown"),
    ("failed to resolve host", "the host is unknown"),
    ("certificate", "the server's certificate was not accepted"),
    ("SSL", "TLS could not be agreed on"),
    ("role ", "the user does not exist"),
    ("does not exist", "the database does not exist"),
    ("too many", "the server has too many connections already"),
    ("timeout", "no answer in time; see HANGAR_CONNECT_TIMEOUT"),
    ("starting up", "the server is starting up"),
    ("shutting down", "the server is shutting down"),
)
_MILLISECONDS: Final = 1000
# A client that died in the middle of a query shall not keep its row locks. Not every server's system can tell.
_NOTICE_DEAD_CLIENTS: Final = "SET client_connection_check_interval = 1000; "


async def session_settings(
    settings: Settings, target: PostgresTarget, options: dict[str, Any], *, minimum: int = MINIMUM
) -> str:
    """Greet the server; the statements that each of its connections begins with.

    Statements, since PgBouncer refuses settings in the connection string.
    """
    try:
        connection = await AsyncConnection.connect(target.conninfo, **options)
    except psycopg.Error as error:
        raise_alone(unreachable(target, str(error)))
    try:
        version = connection.info.server_version // 10_000
        if version < minimum:
            raise UnsupportedVersion(
                f"PostgreSQL {version} at {target.where} is too old: {minimum} or newer is needed; upgrade the server"
            )
        notices = _NOTICE_DEAD_CLIENTS if await _accepts(connection, _NOTICE_DEAD_CLIENTS) else ""
    finally:
        await connection.close()
    statement = round(settings.statement_timeout * _MILLISECONDS)
    lock = round(settings.lock_timeout * _MILLISECONDS)
    idle = round(settings.idle_in_transaction_timeout * _MILLISECONDS)
    return (
        f"{notices}SET TimeZone = 'UTC'; SET statement_timeout = {statement}; SET lock_timeout = {lock};"
        f" SET idle_in_transaction_session_timeout = {idle}"
    )


def unreachable(target: PostgresTarget, said: str) -> ConnectionFailed:
    """Why, as far as libpq's words tell; never the words themselves."""
    reason = next((reason for words, reason in _REASONS if words in said), "the connection failed")
    return ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached: {reason}")


async def _accepts(connection: AsyncConnection[Any], text: str) -> bool:
    try:
        await connection.execute(text.encode())
    except psycopg.Error:
        return False
    return True
