"""The first contact with a server: it can be reached, is new enough, and its sessions can be set up.

Done without psycopg_pool, which would hide why it fails and try again. Stands above `session`, below `engine`.
"""

from typing import Any, Final

import psycopg

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.session import Session, session_for
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


async def greet(
    settings: Settings, target: PostgresTarget, options: dict[str, Any], *, minimum: int = MINIMUM
) -> Session:
    """Reach the server once, check its version, and return how each connection to it begins."""
    try:
        driver = await Driver.connect(target.conninfo, **options)
    except psycopg.Error as error:
        raise_alone(unreachable(target, str(error)))
    try:
        version = driver.info.server_version // 10_000
        if version < minimum:
            raise UnsupportedVersion(
                f"PostgreSQL {version} at {target.where} is too old: {minimum} or newer is needed; upgrade the server"
            )
        session = await session_for(driver, settings, target)
        await session.begin(driver)
        return session
    except psycopg.Error as error:
        raise_alone(unreachable(target, str(error)))
    finally:
        await driver.close()


def unreachable(target: PostgresTarget, said: str) -> ConnectionFailed:
    """Why, as far as libpq's words tell; never the words themselves."""
    reason = next((reason for words, reason in _REASONS if words in said), "the connection failed")
    return ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached: {reason}")
