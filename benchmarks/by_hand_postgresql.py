"""By hand with psycopg: one raw cursor on an open autocommit connection, used again for each statement."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, AsyncRawCursor

from benchmarks.by_hand import USER_FIELDS, USERS, Sealer, statement, user_values
from benchmarks.parts import Part
from hangar_dal import NewSessionCookie, NewUser, SessionCookie, User

PART_COLUMNS = "parts (id, name, number, weight, made_at)"
SESSION_COLUMNS = "session_cookies (id, user_id, platform, cookies, expires_at, created_at)"


class PostgresByHand:
    def __init__(self, driver: AsyncConnection[Any], key: str, hashed_password: str) -> None:
        self.driver = driver
        self._cursor: Any = AsyncRawCursor(driver)
        self._sealer = Sealer(key)
        self._hashed_password = hashed_password
        self._get_user = statement("users.get_user", "postgresql")
        self._list_users = statement("users.list_users", "postgresql", order="newest")
        self._insert_user = statement("users.insert_user", "postgresql")
        self._get_session = statement("session_cookies.get_session_cookie", "postgresql")

    def opened(self, row: Sequence[Any]) -> dict[str, Any]:
        return dict(zip(USER_FIELDS, row, strict=True))

    def key(self, value: UUID) -> UUID:
        return value

    async def bare_user(self, user_id: UUID) -> Any:
        await self._cursor.execute(self._get_user, (user_id,))
        return await self._cursor.fetchone()

    async def user(self, user_id: UUID) -> User:
        return User.model_validate(self.opened(await self.bare_user(user_id)))

    async def bare_users(self, limit: int) -> Any:
        await self._cursor.execute(self._list_users, (limit,))
        return await self._cursor.fetchall()

    async def users(self, limit: int) -> list[User]:
        return USERS.validate_python([self.opened(row) for row in await self.bare_users(limit)])

    async def bare_insert(self, new: NewUser) -> Any:
        values = user_values(new, self._hashed_password, datetime.now(UTC))
        await self._cursor.execute(self._insert_user, tuple(values.values()))
        return await self._cursor.fetchone()

    async def insert(self, new: NewUser) -> User:
        return User.model_validate(self.opened(await self.bare_insert(new)))

    async def bare_session(self, session_id: UUID) -> Any:
        await self._cursor.execute(self._get_session, (session_id,))
        return await self._cursor.fetchone()

    async def session(self, session_id: UUID) -> SessionCookie:
        return self._sealer.opened(await self.bare_session(session_id))

    async def executemany_parts(self, parts: list[Part]) -> None:
        await self._many(PART_COLUMNS, _part_rows(parts))

    async def copy_parts(self, parts: list[Part]) -> None:
        await self._copy(PART_COLUMNS, _part_rows(parts))

    async def executemany_sessions(self, sessions: list[NewSessionCookie]) -> None:
        await self._many(SESSION_COLUMNS, self._session_rows(sessions))

    async def copy_sessions(self, sessions: list[NewSessionCookie]) -> None:
        await self._copy(SESSION_COLUMNS, self._session_rows(sessions))

    async def command(self, text: str) -> object:
        return await self._cursor.execute(text)

    async def _many(self, columns: str, rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join(f"${number}" for number in range(1, len(rows[0]) + 1))
        async with self.driver.transaction():
            await self._cursor.executemany(f"INSERT INTO {columns} VALUES ({places})", rows)

    async def _copy(self, columns: str, rows: list[tuple[Any, ...]]) -> None:
        async with self._cursor.copy(f"COPY {columns} FROM STDIN") as copy:
            for row in rows:
                await copy.write_row(row)

    def _session_rows(self, sessions: list[NewSessionCookie]) -> list[tuple[Any, ...]]:
        now, seal = datetime.now(UTC), self._sealer.seal
        return [(new.id, new.user_id, new.platform, seal(new), new.expires_at, now) for new in sessions]


def _part_rows(parts: list[Part]) -> list[tuple[Any, ...]]:
    return [(part.id, part.name, part.number, part.weight, part.made_at) for part in parts]
