"""By hand with aiosqlite: one hop to its thread a statement."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiosqlite
from pydantic_core import from_json, to_json

from benchmarks.by_hand import USER_FIELDS, USERS, Sealer, statement, user_values
from benchmarks.parts import Part
from hangar_dal import NewSessionCookie, NewUser, SessionCookie, User

INSERT_PART = "INSERT INTO parts (id, name, number, weight, made_at) VALUES (?, ?, ?, ?, ?)"
INSERT_SESSION = (
    "INSERT INTO session_cookies (id, user_id, platform, cookies, expires_at, created_at) VALUES (?, ?, ?, ?, ?, ?)"
)
# The package's own settings: the code by hand must be as safe, so that it is not faster for being careless.
SETTINGS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
)


class SqliteByHand:
    def __init__(self, driver: aiosqlite.Connection, key: str, hashed_password: str) -> None:
        self.driver = driver
        self._sealer = Sealer(key)
        self._hashed_password = hashed_password
        self._get_user = statement("users.get_user", "sqlite")
        self._list_users = statement("users.list_users", "sqlite", order="newest")
        self._insert_user = statement("users.insert_user", "sqlite")
        self._get_session = statement("session_cookies.get_session_cookie", "sqlite")

    def opened(self, row: Sequence[Any]) -> dict[str, Any]:
        """JSON is opened by hand, the rest is read by Pydantic."""
        values = dict(zip(USER_FIELDS, row, strict=True))
        values["eve_scopes"] = from_json(values["eve_scopes"])
        values["metadata"] = from_json(values["metadata"])
        return values

    def key(self, value: UUID) -> str:
        return str(value)

    async def bare_user(self, user_id: UUID) -> object:
        return await self.driver.execute_fetchall(self._get_user, {"user_id": str(user_id)})

    async def user(self, user_id: UUID) -> User:
        (row,) = await self.driver.execute_fetchall(self._get_user, {"user_id": str(user_id)})
        return User.model_validate(self.opened(row))

    async def bare_users(self, limit: int) -> object:
        return await self.driver.execute_fetchall(self._list_users, {"limit": limit})

    async def users(self, limit: int) -> list[User]:
        rows = await self.driver.execute_fetchall(self._list_users, {"limit": limit})
        return USERS.validate_python([self.opened(row) for row in rows])

    async def bare_insert(self, new: NewUser) -> Any:
        values = user_values(new, self._hashed_password, datetime.now(UTC))
        values["id"] = str(new.id)
        lists = {name: to_json(value).decode() for name, value in values.items() if isinstance(value, list)}
        values.update(lists)
        values["now"] = _instant(values["now"])
        return await self.driver.execute_fetchall(self._insert_user, values)

    async def insert(self, new: NewUser) -> User:
        (row,) = await self.bare_insert(new)
        return User.model_validate(self.opened(row))

    async def bare_session(self, session_id: UUID) -> object:
        return await self.driver.execute_fetchall(self._get_session, {"session_cookie_id": str(session_id)})

    async def session(self, session_id: UUID) -> SessionCookie:
        (row,) = await self.driver.execute_fetchall(self._get_session, {"session_cookie_id": str(session_id)})
        return self._sealer.opened(row)

    async def executemany_parts(self, parts: list[Part]) -> None:
        rows = [(str(part.id), part.name, part.number, part.weight, _instant(part.made_at)) for part in parts]
        await self._many(INSERT_PART, rows)

    async def executemany_sessions(self, sessions: list[NewSessionCookie]) -> None:
        now, seal = _instant(datetime.now(UTC)), self._sealer.seal
        rows = [
            (str(new.id), str(new.user_id), new.platform, seal(new), _instant(new.expires_at), now) for new in sessions
        ]
        await self._many(INSERT_SESSION, rows)

    async def command(self, text: str) -> object:
        return await self.driver.execute_fetchall(text)

    async def _many(self, text: str, rows: list[tuple[Any, ...]]) -> None:
        await self.driver.execute_fetchall("BEGIN IMMEDIATE")
        await self.driver.executemany(text, rows)
        await self.driver.execute_fetchall("COMMIT")


def _instant(value: datetime) -> str:
    return f"{value.isoformat(timespec='microseconds')[:26]}Z"
