"""Fixtures that the tests of the domains share with those of `accounts`, of folds and of keys."""

from collections.abc import Awaitable, Callable

import pytest
from argon2 import PasswordHasher

from hangar_dal import Database, passwords
from hangar_dal.database import Executor, Row, Statement

Sql = Callable[[str], Awaitable[list[Row]]]


@pytest.fixture(autouse=True)
def cheap_hasher(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Real argon2id at the least cost: what hashing costs is tested with `passwords`."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    return hasher


def sql_on(database: Executor) -> Sql:
    """Runs a statement of the test's own, past all declared queries; the rows it returns, if any."""

    async def run(text: str) -> list[Row]:
        writes = not text.startswith("SELECT")
        return (await database.run(Statement("test", text, writes), ()))[0]

    return run


@pytest.fixture
def sql(database: Database) -> Sql:
    return sql_on(database)
