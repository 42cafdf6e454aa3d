"""The first contact with a server: it can be reached, is new enough, and its sessions can be set up.

A server that cannot be reached now is told at once; `opening` tries again later. Above `session`, below `opening`.
"""

from typing import Any, Final

import psycopg

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.session import Session, session_for
from hangar_dal.errors import ConnectionFailed, UnsupportedVersion, raise_alone
from hangar_dal.settings import PostgresTarget, Settings

MINIMUM: Final = 14

# libpq's words for why it could not connect, what to do, and whether that passes by itself, as when a server restarts.
# Nothing else of its message is passed on.
_REASONS: Final = (
    ("password authentication failed", "the user or the password is wrong", False),
    ("no password supplied", "the server asks for a password", False),
    ("no pg_hba.conf entry", "the server does not let this user in from here (pg_hba.conf)", False),
    ("Peer authentication failed", "the server wants the operating system's user of that name", False),
    ("Connection refused", "nothing listens there", True),
    ("No such file or directory", "no server's socket is there", True),
    ("could not translate host name", "the host is unknown", False),
    ("failed to resolve host", "the host is unknown", False),
    ("certificate", "the server's certificate was not accepted", False),
    ("SSL", "TLS could not be agreed on", False),
    ("role ", "the user does not exist", False),
    ("does not exist", "the database does not exist", False),
    ("too many", "the server has too many connections already", True),
    ("timeout", "no answer in time; see HANGAR_CONNECT_TIMEOUT", True),
    ("statement pooling", "the connection pooler splits transactions; set its mode to transaction or session", False),
    ("starting up", "the server is starting up", True),
    ("shutting down", "the server is shutting down", True),
)
_UNKNOWN: Final = ("", "the connection failed", True)


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
    _, reason, _ = _reason(said)
    return ConnectionFailed(f"PostgreSQL at {target.where} cannot be reached: {reason}")


def may_pass(said: str) -> bool:
    """Whether trying again in a moment may succeed, by libpq's words."""
    return _reason(said)[2]


def _reason(said: str) -> tuple[str, str, bool]:
    return next((reason for reason in _REASONS if reason[0] in said), _UNKNOWN)
