"""Counts and pages of an inbox with very many unread notifications."""

import re
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Database, notifications
from hangar_dal.database import Statement
from hangar_dal.errors import NotFound
from tests.domains.notifications.filling import AT, insert
from tests.helpers.community import person
from tests.helpers.domain_fixtures import Sql

COLUMNS = "recipient_id, actor_id, event_id, kind, title, body, data, created_at"
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (COSTS OFF) "}
MANY = [pytest.param(2_000, id="short"), pytest.param(100_000, id="long", marks=pytest.mark.long)]


@pytest.fixture
def postgres_url(own_postgres_url: str) -> str:
    """Its plans are read: no earlier test has left dead rows in its tables."""
    return own_postgres_url


async def fastest(call: Callable[[], Awaitable[object]]) -> float:
    """The seconds of the fastest of fifty calls."""
    found = []
    for _ in range(50):
        began = time.perf_counter()
        await call()
        found.append(time.perf_counter() - began)
    return min(found)


async def plan_of(monkeypatch: pytest.MonkeyPatch, call: Awaitable[Any]) -> str:
    """The plan of the one statement that a call sends."""
    run, plan = Database.run, list[str]()

    async def explain(self: Database, statement: Statement, parameters: Any) -> tuple[list[Any], int]:
        explained = Statement("explain", EXPLAIN[self.dialect] + statement.text, writes=False)
        plan.extend(str(row[-1]) for row in (await run(self, explained, parameters))[0])
        return [], 0

    with monkeypatch.context() as patch, suppress(NotFound):
        patch.setattr(Database, "run", explain)
        await call
    return "\n".join(plan)


@pytest.mark.parametrize("many", MANY)
async def test_many_unread_notifications_are_counted_up_to_a_limit(
    database: Database, sql: Sql, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    few_told, many_told = (await person(database)).id, (await person(database)).id
    random = Random(1)  # the rows lie elsewhere than in the order of the index
    actors = [(await person(database)).id for _ in range(10)]
    await insert(sql, "blocks", [f"('{one}', '{other}', '{AT}')" for one, other in permutations(actors, 2)])
    for user_id, count in ((few_told, 1000), (many_told, many)):
        rows = [
            f"('{user_id}', '{actors[n % 10]}', '{UUID(int=random.getrandbits(128))}', 'like', 't', '', '{{}}', '{AT}')"
            for n in range(count)
        ]
        await insert(sql, f"notifications ({COLUMNS})", rows)
    await sql("ANALYZE")
    assert await notifications.count_unread(database, many_told) == 1000
    assert await notifications.count_unread(database, many_told, up_to=1_000_000) == many
    for call, page in (
        (notifications.count_unread, "up_to"),
        (notifications.count_unseen, "up_to"),
        (notifications.list_inbox, "limit"),
    ):
        plan = await plan_of(monkeypatch, call(database, many_told, **{page: 100}))
        assert re.search(r"Index.* using idx_notifications|INDEX idx_notifications", plan), plan
        assert not re.search(r"Sort|TEMP B-TREE", plan), plan
        # Each direction of a block is looked up by itself: with OR, PostgreSQL expects one row to be left, and sorts.
        assert len(re.findall(r"on blocks\b|SEARCH blocks", plan)) == 2, plan
        few, lots = [await fastest(partial(call, database, one)) for one in (few_told, many_told)]
        print(f"{call.__qualname__}: {lots / few:.2f} times as long with {many:,} as with 1,000")
