"""What one might take instead: aiosql, over the same open connection, its rows validated by the same models."""

from uuid import UUID

import aiosql

from benchmarks.by_hand import USERS, ByHand, variant
from hangar_dal import User
from hangar_dal.sqlscan import Dialect

ADAPTERS: dict[Dialect, str] = {"sqlite": "aiosqlite", "postgresql": "apsycopg"}


class Aiosql:
    def __init__(self, by_hand: ByHand, dialect: Dialect) -> None:
        one = variant("users.get_user", dialect).text
        many = variant("users.list_users", dialect, order="newest").text
        text = f"-- name: get_user(user_id)^\n{one};\n\n-- name: list_users(limit)\n{many};\n"
        self._queries = aiosql.from_str(text, ADAPTERS[dialect])
        self._by_hand = by_hand

    async def user(self, user_id: UUID) -> User:
        hand = self._by_hand
        return User.model_validate(hand.opened(await self._queries.get_user(hand.driver, user_id=hand.key(user_id))))

    async def users(self, limit: int) -> list[User]:
        hand = self._by_hand
        rows = self._queries.list_users(hand.driver, limit=limit)
        return USERS.validate_python([hand.opened(row) async for row in rows])
