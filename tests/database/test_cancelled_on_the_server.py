"""At the moment a cancelled caller continues, the database has nothing of it under way, locked or half applied."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, closing

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.database import Database, open_database
from hangar_dal.settings import Settings
from tests.database.cancelling import WAYS, Way, cancel_scope, move_on_after, once, twice
from tests.database.ledger import column, run, sql
from tests.database.places import IDS, PLACES, Place, Scene
from tests.database.rival import Rival, rival_of
from tests.database.steps import Stepped, while_waiting
from tests.database.storm import COMMITTED


@pytest.fixture
async def scene(small_ledger: Database, small: Settings, seed: int) -> AsyncIterator[Scene]:
    await run(small_ledger, "INSERT INTO ledger (id, amount) VALUES (1, 0), (2, 0)")
    await open_all_connections(small_ledger)
    with closing(rival_of(small.target)) as rival:
        for statement in rival.slow_commits:
            await run(small_ledger, statement)
        yield Scene(small_ledger, small, rival, seed)


async def open_all_connections(db: Database) -> None:
    """A pool opens a connection although the task that asked for it was cancelled, and reads the schema then."""
    for borrow in (lambda: db.transaction(read_only=True), lambda: db.stream(*sql(db, IDS))):
        async with AsyncExitStack() as stack:
            for _ in range(max(pool.size for pool in db.pool_stats().values())):
                await stack.enter_async_context(borrow())
    for pool in db.pool_stats().values():
        assert pool.opened == pool.size


async def cancel_in_every_way(scene: Scene, place: Place, repetitions: int) -> None:
    for _ in range(repetitions):
        for way in WAYS:
            await scene.play(place, way)
    assert scene.cancelled > repetitions
    if place.reached:
        assert scene.reached > repetitions
    print(f"{place.name}: {scene.cancelled} cancelled, {scene.reached} in place, {scene.told} told of their commit")


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_nothing_is_left_on_the_server_when_a_cancelled_caller_continues(scene: Scene, place: Place) -> None:
    await cancel_in_every_way(scene, place, place.repetitions)


@pytest.mark.long
@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
async def test_nothing_is_left_on_the_server_after_ten_thousand_cancellations(scene: Scene, place: Place) -> None:
    await cancel_in_every_way(scene, place, 10_000 // len(WAYS))


async def test_connections_survive_cancellations(
    small_ledger: Database, small: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """As many as the pools hold, no more are opened, and no more statements run at once."""
    most = small.pool_size

    async def read(rival: Rival) -> None:
        await run(small_ledger, rival.endless_read)

    async def one_after_the_other(rival: Rival, way: Way) -> None:
        for _ in range(75):
            await way(lambda: read(rival), lambda: asyncio.sleep(0.002))
            assert len(rival.under_way()) <= most

    with closing(rival_of(small.target)) as rival:
        await asyncio.gather(*(one_after_the_other(rival, way) for way in (once, twice, cancel_scope, move_on_after)))
    for pool in small_ledger.pool_stats().values():
        assert pool.opened <= pool.size
        assert pool.lost == pool.used == pool.waiting == 0
    assert caplog.messages == []


async def test_a_cancelled_write_that_is_planned_again_is_told_the_truth(
    small_ledger: Database, small: Settings
) -> None:
    """PostgreSQL refuses a prepared statement whose columns have changed: what was prepared is dropped first."""
    await run(small_ledger, "INSERT INTO ledger (id, amount) VALUES (1, 0)")
    write, _ = sql(small_ledger, "UPDATE ledger SET amount = amount + 1 WHERE id = 1 RETURNING *")

    async def write_once() -> None:
        await stepped

    for step in range(1, 9):
        for _ in range(10):
            await small_ledger.run(write, ())
        async with open_database(small, catalog=ACCOUNTS) as other:
            await run(other, f"ALTER TABLE ledger ADD COLUMN more{step} INTEGER")
        [before] = await column(small_ledger, "SELECT amount FROM ledger")
        stepped = Stepped(small_ledger.run(write, ()), {step: while_waiting})
        notes = [COMMITTED]
        try:
            await asyncio.create_task(write_once())
        except asyncio.CancelledError as error:
            notes = getattr(error, "__notes__", [])
        assert await column(small_ledger, "SELECT amount FROM ledger") == [before + (COMMITTED in notes)], step
