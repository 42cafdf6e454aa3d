"""The databases of a run: made for it, migrated, filled, and gone afterwards.

SQLite gets a file in the temporary directory, PostgreSQL a database of its own on the server that the tests would
use: `HANGAR_TEST_PG`, else the machine's own programs, else those of a wheel.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import Any

import aiosqlite
import psycopg
from psycopg.types.json import set_json_loads
from pydantic import SecretStr
from pydantic_core import from_json

from benchmarks.by_hand import ByHand
from benchmarks.by_hand_postgresql import PostgresByHand
from benchmarks.by_hand_sqlite import SETTINGS, SqliteByHand
from benchmarks.parts import CATALOG, TABLES
from hangar_dal import (
    ACCOUNTS,
    Database,
    NewSessionCookie,
    NewUser,
    SessionCookie,
    Settings,
    User,
    UserType,
    migrations,
    open_database,
    sealing,
    session_cookies,
    users,
)

ROOT = Path(__file__).parents[1]
STORAGE_STATE = json.loads((ROOT / "examples/data/storage_state.json").read_text(encoding="utf-8"))
LATER = datetime.now(UTC) + timedelta(days=365)
USERS = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """An open, filled database and, beside it, a connection of the raw driver."""

    db: Database
    by_hand: ByHand
    versions: str
    hashed_password: str
    users: list[User]
    sessions: list[SessionCookie]


@asynccontextmanager
async def sqlite() -> AsyncIterator[Place]:
    with TemporaryDirectory(prefix="hangar-benchmark-") as directory:
        path = Path(directory, "benchmark.db")
        async with aiosqlite.connect(path, isolation_level=None) as driver:
            for pragma in SETTINGS:
                await driver.execute_fetchall(pragma)
            key, hashed = sealing.new_key(), token_hex(48)
            url = f"sqlite:///{path}"
            await asyncio.to_thread(migrations.apply, url, catalog=ACCOUNTS)
            ACCOUNTS.load()
            by_hand = SqliteByHand(driver, key, hashed)
            versions = f"SQLite {sqlite3.sqlite_version}, aiosqlite {aiosqlite.__version__}"
            async with open_database(
                Settings(database_url=SecretStr(url), sealing_keys=SecretStr(key)), catalog=CATALOG
            ) as db:
                yield await _filled(db, by_hand, versions, hashed)


@asynccontextmanager
async def postgresql() -> AsyncIterator[Place]:
    from tests.helpers import postgres_server  # noqa: PLC0415  (only then are the tests' packages needed)

    given = os.environ.get("HANGAR_TEST_PG")
    reaper = None if given else postgres_server.prepare_place()
    try:
        server = postgres_server.Server.named(given) if given else await asyncio.to_thread(postgres_server.start_once)
        name = f"hangar_benchmark_{token_hex(6)}"
        with server.database(name):
            async with _postgresql_at(server.url(name), permitted=server.needs_permission) as place:
                yield place
    finally:
        if reaper is not None:
            reaper.communicate()


@asynccontextmanager
async def _postgresql_at(url: str, *, permitted: bool) -> AsyncIterator[Place]:
    if permitted:
        os.environ["HANGAR_ALLOW_INSECURE_POSTGRES"] = "true"
    await asyncio.to_thread(migrations.apply, url, catalog=ACCOUNTS)
    ACCOUNTS.load()
    key, hashed = sealing.new_key(), token_hex(48)
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as driver:
        set_json_loads(from_json, driver)
        await driver.execute("SET TimeZone = 'UTC'")
        by_hand = PostgresByHand(driver, key, hashed)
        versions = f"PostgreSQL {driver.info.parameter_status('server_version')}, psycopg {psycopg.__version__}"
        async with open_database(
            Settings(database_url=SecretStr(url), sealing_keys=SecretStr(key)), catalog=CATALOG
        ) as db:
            yield await _filled(db, by_hand, versions, hashed)


async def _filled(db: Database, by_hand: ByHand, versions: str, hashed_password: str) -> Place:
    await by_hand.command(TABLES[db.dialect])
    async with db.transaction() as tx:
        accounts = [
            await users.insert_user(tx, new_user(number), hashed_password=hashed_password) for number in range(USERS)
        ]
        sessions = [
            await session_cookies.create_session_cookie(tx, new_session(user, "market.example.org", STORAGE_STATE))
            for user in accounts[:100]
        ]
    await by_hand.command("ANALYZE")
    return Place(db, by_hand, versions, hashed_password, accounts, sessions)


def new_user(number: int) -> NewUser:
    """Every second account has a character and its scopes."""
    given: dict[str, Any] = {
        "username": f"pilot{number}_{token_hex(6)}",
        "metadata": {"theme": "dark", "language": "en", "hangars": [1, 2, 3], "limits": {"orders": 40}},
    }
    if number % 2:
        return NewUser(**given, email=f"{given['username']}@example.org", password=SecretStr(token_hex()))
    scopes = ["esi-assets.read_assets.v1", "esi-markets.read_character_orders.v1"]
    character = 90_000_000 + int(token_hex(5), 16)
    return NewUser(**given, user_type=UserType.EVE_SSO, eve_character_id=character, eve_scopes=scopes)


def new_session(user: User, platform: str, cookies: Any) -> NewSessionCookie:
    return NewSessionCookie(user_id=user.id, platform=platform, cookies=cookies, expires_at=LATER)
