"""The settings of a session. They are set on each new connection or, behind a connection pooler, stored in the role.

A pooler may run each statement in another session of the server. Then a SET would affect other clients, and a prepared
statement could be another client's with the same name. Below `server` and `opening`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from psycopg import Error

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.meanings import MEANINGS
from hangar_dal.database.postgresql.planted import (
    ANY_OF_OTHERS,
    FIND_CREATOR,
    FIND_FOREIGN,
    FIND_PLANTED,
    PIN,
    creator,
    foreign_schema,
    refusal,
)
from hangar_dal.errors import SettingsError
from hangar_dal.settings import PostgresTarget, Settings

_MILLISECONDS: Final = 1000
# The server releases the row locks of a client that died during a query. Some operating systems cannot detect this.
_NOTICE_DEAD_CLIENTS: Final = "SET client_connection_check_interval = 1000; "
# Resets a session in an unknown state to the settings of its role.
_RESET: Final = "RESET SESSION AUTHORIZATION; RESET ALL; SELECT pg_advisory_unlock_all(); "

# All names are qualified and no operators are used, because the search path is not set yet.
_WHO: Final = (
    "SELECT pg_catalog.quote_ident(CURRENT_USER::pg_catalog.text),"
    " pg_catalog.quote_ident(pg_catalog.current_database()::pg_catalog.text)"
)
_SEARCHED: Final = """
SELECT
    schema::pg_catalog.text,
    pg_catalog.quote_ident(schema::pg_catalog.text),
    pg_catalog.has_schema_privilege('public', schema::pg_catalog.text, 'CREATE')
FROM pg_catalog.unnest(pg_catalog.current_schemas(false)) AS schema
"""
_TEMPORARY: Final = "pg_temp"  # the schema of temporary tables
_PID: Final = "SELECT pg_catalog.pg_backend_pid()"
_SETTINGS: Final = "SELECT name, setting FROM pg_catalog.pg_settings"


@dataclass(frozen=True, slots=True)
class Session:
    """The settings of all sessions. `values` are in the units and the spelling of `pg_settings`."""

    values: Mapping[str, str]
    notices: str
    prepared: str
    advice: str

    @property
    def lacks_schema(self) -> bool:
        """Whether the search path names no schema that exists and that the role may use."""
        return self.values["search_path"] == _TEMPORARY

    async def begin(self, driver: Driver) -> None:
        """Set up a new connection. Behind a pooler, check that the settings are stored in the role instead."""
        is_pooled = self.prepared == "off" or await has_pooler(driver)
        if is_pooled:
            await self._verify(driver)
        else:
            await driver.execute(self._sets.encode())
        if is_pooled and self.prepared != "on":
            driver.prepare_threshold = None
        driver.reset = "" if is_pooled else _RESET + self._sets

    @property
    def _sets(self) -> str:
        return self.notices + "; ".join(f"SET {name} = {value}" for name, value in self.values.items())

    async def _verify(self, driver: Driver) -> None:
        found: dict[str, str] = dict(await (await driver.execute(_SETTINGS)).fetchall())
        different = {name: value for name, value in self.values.items() if found.get(name) != value}
        if different:
            statements = " ".join(f"{self.advice} SET {name} = {value};" for name, value in different.items())
            raise SettingsError(
                "the connection goes through a connection pooler (or HANGAR_PREPARED_STATEMENTS is off), which may "
                "give each statement to another session. Store the settings with the role, then make the pooler open "
                f"new connections (RECONNECT in PgBouncer's console): {statements}{_overriding()}"
            )


def _overriding() -> str:
    """Return advice about environment variables of libpq, which override the settings of the role."""
    names = [name for name in ("PGDATESTYLE", "PGOPTIONS", "PGTZ") if os.environ.get(name)]
    return f" Unset {' and '.join(names)} for this process: they override the role's settings." if names else ""


async def has_pooler(driver: Driver) -> bool:
    """Return whether the connection goes through a connection pooler.

    A pooler sends a made-up process id when a client connects, because its clients share the server's processes.
    """
    [(process,)] = await (await driver.execute(_PID)).fetchall()
    return bool(process != driver.info.backend_pid)


async def session_for(driver: Driver, settings: Settings, target: PostgresTarget) -> Session:
    """Read the search path of this role, and return the settings for all sessions.

    Raises `SettingsError` if other roles may create functions in a schema of the search path, if such a schema belongs
    to another role, or if another role has created a function with the name of a function of PostgreSQL.
    """
    searched = [row for row in await (await driver.execute(_SEARCHED)).fetchall() if row[0][:3] != "pg_"]
    if not settings.allow_public_create:
        _refuse_open_schemas([name for _, name, is_open in searched if is_open], target)
        await _refuse_planted(driver, target)
    is_direct = settings.prepared_statements != "off" and not await has_pooler(driver)
    notices = _NOTICE_DEAD_CLIENTS if is_direct and await _accepts(driver, _NOTICE_DEAD_CLIENTS) else ""
    user, database = (await (await driver.execute(_WHO)).fetchall())[0]
    values = {
        **MEANINGS,
        "TimeZone": "UTC",
        "statement_timeout": str(round(settings.statement_timeout * _MILLISECONDS)),
        "lock_timeout": str(round(settings.lock_timeout * _MILLISECONDS)),
        "idle_in_transaction_session_timeout": str(round(settings.idle_in_transaction_timeout * _MILLISECONDS)),
        # Without pg_temp in the list, temporary tables would be found first. pg_catalog is not listed, so it is first.
        "search_path": ", ".join([*(name for _, name, _ in searched), _TEMPORARY]),
    }
    return Session(values, notices, settings.prepared_statements, f"ALTER ROLE {user} IN DATABASE {database}")


def _refuse_open_schemas(names: list[str], target: PostgresTarget) -> None:
    if names:
        revoke = " ".join(f"REVOKE CREATE ON SCHEMA {name} FROM PUBLIC;" for name in names)
        raise SettingsError(
            f"PostgreSQL at {target.where}: every role may create functions in {', '.join(names)}, where the names of "
            f"this database's statements are looked up, and could run code as this user. Run as the owner: {revoke} "
            "Or set HANGAR_ALLOW_PUBLIC_CREATE=true if every role of the server is trusted."
        )


async def _refuse_planted(driver: Driver, target: PostgresTarget) -> None:
    async with driver.transaction():
        await driver.execute(PIN)
        foreign = await (await driver.execute(FIND_FOREIGN)).fetchone()
        granted = await (await driver.execute(FIND_CREATOR)).fetchone()
        is_needed = await (await driver.execute(ANY_OF_OTHERS)).fetchone() is not None
        found = await (await driver.execute(FIND_PLANTED)).fetchone() if is_needed else None
    if foreign is not None:
        raise foreign_schema(foreign, target.where)
    if found is not None:
        raise refusal(found, target.where)
    if granted is not None:
        raise creator(granted, target.where)


async def _accepts(driver: Driver, text: str) -> bool:
    try:
        await driver.execute(text.encode())
    except Error:
        return False
    return True
