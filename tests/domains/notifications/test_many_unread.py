"""Counts and pages of an inbox with very many unread notifications."""

import time
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from community import person
from domain_fixtures import Sql
from domains.notifications.filling import AT, insert
from hangar_dal import Database, notifications, uuid7

COLUMNS = "recipient_id, event_id, kind, title, body, data, created_at"
MANY = [pytest.param(2_000, id="short"), pytest.param(100_000, id="long", marks=pytest.mark.long)]


async def fastest(call: Callable[[], Awaitable[object]]) -> float:
    """The seconds of the fastest of fifty calls."""
    found = []
    for _ in range(50):
        began = time.perf_counter()
        await call()
        found.append(time.perf_counter() - began)
    return min(found)


@pytest.mark.parametrize("many", MANY)
async def test_many_unread_notifications_are_counted_up_to_a_limit(database: Database, sql: Sql, many: int) -> None:
    few_told, many_told = (await person(database)).id, (await person(database)).id
    for user_id, count in ((few_told, 1000), (many_told, many)):
        rows = [f"('{user_id}', '{uuid7()}', 'like', 't', '', '{{}}', '{AT}')" for _ in range(count)]
        await insert(sql, f"notifications ({COLUMNS})", rows)
    await sql("ANALYZE")
    assert await notifications.count_unread(database, many_told) == 1000
    assert await notifications.count_unread(database, many_told, up_to=1_000_000) == many
    for call in (notifications.count_unread, notifications.count_unseen, notifications.list_inbox):
        few, lots = [await fastest(partial(call, database, one)) for one in (few_told, many_told)]
        print(f"{call.__qualname__}: {lots / few:.2f} times as long with {many:,} as with 1,000")
