"""Fixtures that the tests of the domains share with those of `accounts`, of folds and of keys."""

from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from hangar_dal import Database, passwords
from hangar_dal.check.explain import Explained, explain
from hangar_dal.check.project.project import given_project
from hangar_dal.database import Executor, Row, Statement
from hangar_dal.errors import ConstraintViolation
from tests.helpers.postgres_server import Server
from tests.helpers.shared_by_workers import once

Sql = Callable[[str], Awaitable[list[Row]]]
Explain = Callable[..., list[Explained]]
# Those whose plans are shown; the plans of ACCOUNTS are in domains/test_plans.py.
CATALOGS = ("COMMERCE", "COMMUNITY", "LIVESTREAMS", "OUTBOX")


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


async def rule_against(sql: Sql, text: str) -> str | None:
    """The rule that refuses a statement, None if it is accepted. One test tries many of them on one database."""
    try:
        await sql(text)
    except ConstraintViolation as refused:
        return refused.constraint or "a rule without a name"
    return None


@pytest.fixture
def sql(database: Database) -> Sql:
    return sql_on(database)


@pytest.fixture(scope="session")
def explained(postgres_server: Server, of_all_workers: Path) -> Explain:
    """What `hangar-dal explain` shows of domains: `explained("plans", "subscriptions")`.

    A run explains all catalogs once and together, since scratch databases with rows take seconds to make.
    """

    def made() -> tuple[Explained, ...]:
        with pytest.MonkeyPatch.context() as patch:
            if postgres_server.needs_permission:
                patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
            project = given_project([f"hangar_dal:{catalog}" for catalog in CATALOGS], ())
            return explain(project, postgresql=postgres_server.url("postgres"))

    @cache
    def whole() -> tuple[Explained, ...]:
        return once(of_all_workers, "explained", made)

    def of_domains(*domains: str) -> list[Explained]:
        return [each for each in whole() if each.query.partition(".")[0] in domains]

    return of_domains
