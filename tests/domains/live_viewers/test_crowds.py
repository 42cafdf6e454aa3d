"""Many viewers at once: nothing is lost, no row is hot, and the table does not grow with the reports."""

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from time import perf_counter
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import LIVESTREAMS, Database, Settings, accounts, builders, live_viewers, open_database, sealing
from hangar_dal.users import ImportedUser
from tests.helpers.clock import Clock
from tests.helpers.community import person
from tests.helpers.domain_fixtures import sql_on
from tests.helpers.streaming import live

TASKS = 64
PAGE = 8192
SIZES = "SELECT CAST(pg_relation_size('live_viewers') AS bigint), CAST(pg_indexes_size('live_viewers') AS bigint)"
CHANGED = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_xact_user_tables WHERE relname = 'live_viewers'"


@pytest.fixture
def postgres_url(own_postgres_url: str) -> str:
    """The size of its tables is measured: no earlier test has left dead rows in them."""
    return own_postgres_url


async def fans(db: Database, count: int) -> list[UUID]:
    account: list[ImportedUser] = [
        ImportedUser(
            **builders.user().model_dump(exclude={"password"}), hashed_password="!", created_at=builders.EARLIER
        )
        for _ in range(count)
    ]
    await accounts.import_users(db, account)
    return [each.id for each in account]


async def test_many_tasks_that_report_the_same_viewers_count_them_once(database: Database, clock: Clock) -> None:
    owner = await person(database)
    begun, many = await live(database, owner.id), await fans(database, 8)
    for _ in range(3):
        orders = [many[number % 8 :] + many[: number % 8] for number in range(TASKS)]
        found = await asyncio.gather(*(live_viewers.report_viewers(database, begun.id, each) for each in orders))
        assert max(found) == 8
        clock.advance(timedelta(seconds=15))
    await asyncio.gather(*(live_viewers.sample_viewers(database) for _ in range(8)))
    totals = await live_viewers.get_viewer_totals(database, begun.id)
    assert (totals.peak, totals.all_viewers, totals.watched_ms) == (8, 8, 8 * 30_000)


async def test_reports_of_different_viewers_do_not_wait_for_each_other(postgres_url: str) -> None:
    """Sixteen transactions that stay open report a viewer each: the first report, and then another one."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), lock_timeout=5, pool_size=20)
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        begun, many = await live(db, (await person(db)).id), await fans(db, 17)
        assert await live_viewers.report_viewers(db, begun.id, many[:1]) == 1
        for _ in range(2):
            async with AsyncExitStack() as opened:
                for each in many[1:]:
                    tx = await opened.enter_async_context(db.transaction())
                    assert await live_viewers.report_viewers(tx, begun.id, [each]) == 1
                assert await live_viewers.sample_viewers(db) == 1


async def test_reports_of_the_same_viewers_lock_them_in_one_order(postgres_url: str) -> None:
    """However the rows lie and are read: else two that report the same viewers could end in a deadlock."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=LIVESTREAMS) as db:
        begun, many = await live(db, (await person(db)).id), sorted(await fans(db, 2))
        for each in reversed(many):
            await live_viewers.report_viewers(db, begun.id, [each])
        async with db.transaction() as tx:
            await live_viewers.report_viewers(tx, begun.id, many[:1])
            waiting = asyncio.create_task(report_in_the_order_of_the_table(db, begun.id, many))
            while not (waiting.done() or await sql_on(db)("SELECT 1 FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.01)
            assert await live_viewers.report_viewers(tx, begun.id, many[1:]) == 1
        assert await waiting == 2


async def report_in_the_order_of_the_table(db: Database, livestream_id: UUID, viewer_ids: list[UUID]) -> int:
    """Report without an index, whose order would be that of the ids."""
    async with db.transaction() as tx:
        for setting in ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"):
            await sql_on(tx)(f"SET LOCAL {setting} = off")
        return await live_viewers.report_viewers(tx, livestream_id, viewer_ids)


@pytest.mark.parametrize(("count", "rounds"), [(300, 6), pytest.param(10_000, 8, marks=pytest.mark.long, id="long")])
async def test_reports_change_rows_in_their_place(postgres_url: str, count: int, rounds: int) -> None:
    """On PostgreSQL, a report is a HOT update: it writes no index, and its page is cleaned by the next ones."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=16)
    clock = Clock()
    async with open_database(settings, catalog=LIVESTREAMS, clock=clock) as db:
        begun, many = await live(db, (await person(db)).id), await fans(db, count)
        sizes: list[Any] = []
        for _ in range(rounds):
            queue = iter(many)

            async def report(queue: Any = queue) -> None:
                for each in queue:
                    assert await live_viewers.report_viewers(db, begun.id, [each]) == 1

            begin = perf_counter()
            await asyncio.gather(*(report() for _ in range(16)))
            took = perf_counter() - begin
            clock.advance(timedelta(seconds=15))
            begin = perf_counter()
            await live_viewers.sample_viewers(db)
            sizes += await sql_on(db)(SIZES)
            print(f"{count} reports in {took:.2f} s, sample in {1000 * (perf_counter() - begin):.0f} ms, {sizes[-1]}")
        await sql_on(db)("VACUUM live_viewers")  # then each page is half free, in whatever order the reports came
        async with db.transaction() as tx:
            [before] = await sql_on(tx)(CHANGED)
            assert await live_viewers.report_viewers(tx, begun.id, many[:200]) == 200
            [after] = await sql_on(tx)(CHANGED)
        changed, in_place = (now - then for now, then in zip(after, before, strict=True))
        assert changed == 200
        assert in_place >= 190
        # While a task of a busy machine holds an old snapshot, its page cannot be cleaned, and a new one is needed.
        assert sizes[-1][0] - sizes[1][0] <= 2 * PAGE
        assert sizes[-1][1] == sizes[1][1]
        totals = await live_viewers.get_viewer_totals(db, begun.id)
        assert (totals.peak, totals.watched_ms) == (count, (rounds - 1) * count * 15_000 + 200 * 15_000)
