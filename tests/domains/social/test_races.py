"""Counts are exact when many write at once, in one process and in many, and writers do not wait for one row."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from random import Random
from typing import NamedTuple
from uuid import UUID

import pytest

from hangar_dal import (
    COMMUNITY,
    Database,
    Settings,
    builders,
    comments,
    likes,
    open_database,
    sealing,
    shares,
    social,
    uuid7,
    video_views,
)
from hangar_dal.database import Executor
from tests.domains.recounting import wrong_counts
from tests.domains.social.crowding import Member
from tests.helpers.commands import run_together
from tests.helpers.community import comment, person, video
from tests.helpers.domain_fixtures import Sql, sql_on

TASKS, PROCESSES = 64, 8
WRITE = """
import asyncio, sys
from random import Random
from uuid import UUID
from hangar_dal import COMMUNITY, Settings, open_database, sealing
from tests.domains.social.crowding import Member

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    seed, times = int(sys.argv[2]), int(sys.argv[3])
    people, video_ids, comment_ids = ([UUID(each) for each in listed.split(",")] for listed in sys.argv[4:])
    async with open_database(settings, catalog=COMMUNITY) as db:
        number = wait_for_others()
        me, *others = people[number:] + people[:number]
        print(await Member(db, me, others, video_ids, comment_ids, Random(seed + number)).act(times))

asyncio.run(main())
"""


async def crowd(database: Database, size: int) -> tuple[list[UUID], list[UUID], list[UUID]]:
    """Users, and the videos and comments that all of them write about."""
    people = [(await person(database)).id for _ in range(size)]
    video_ids = [(await video(database, people[0])).id for _ in range(2)]
    top = await comment(database, video_ids[0], people[0])
    return people, video_ids, [top.id, (await comment(database, video_ids[0], people[0], parent_id=top.id)).id]


@pytest.mark.parametrize("times", [4, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_counts_are_exact_with_64_tasks_at_once(database: Database, sql: Sql, seed: int, times: int) -> None:
    people, *targets = await crowd(database, TASKS)
    members = [
        Member(database, each, [*{*people} - {each}], *targets, Random(seed + n)) for n, each in enumerate(people)
    ]
    writes = sum(await asyncio.gather(*(each.act(times) for each in members)))
    print(f"{TASKS} tasks, {writes} writes")
    assert writes > TASKS * times / 2
    assert await wrong_counts(sql) == []


@pytest.mark.slow
@pytest.mark.parametrize("times", [10, pytest.param(4000, marks=pytest.mark.long)])
async def test_counts_are_exact_with_many_processes_at_once(sqlite_url: str, seed: int, times: int) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the test above."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMUNITY) as database:
        listed = [",".join(map(str, ids)) for ids in await crowd(database, PROCESSES)]
        printed = run_together(WRITE, sqlite_url, str(seed), str(times), *listed, processes=PROCESSES)
        writes = sum(int(line) for [line] in printed)
        print(f"{PROCESSES} processes, {writes} writes")
        assert writes > PROCESSES * times / 2
        assert await wrong_counts(sql_on(database)) == []


def ending_with(digit: str) -> UUID:
    """An id whose last digit chooses the row of a count."""
    return UUID(f"{str(uuid7())[:-1]}{digit}")


class Target(NamedTuple):
    """What many write about."""

    owner_id: UUID
    video_id: UUID
    comment_id: UUID


# By the user whose id ends with a digit, or with an id that ends with it.
WRITES: dict[str, Callable[[Executor, Target, UUID, str], Awaitable[object]]] = {
    "like of a video": lambda db, to, me, _: likes.like_video(db, to.video_id, user_id=me),
    "like of a comment": lambda db, to, me, _: likes.like_comment(db, to.comment_id, user_id=me),
    "comment": lambda db, to, me, digit: comments.create_comment(
        db, builders.comment(video=to.video_id, author=me, id=ending_with(digit))
    ),
    "answer": lambda db, to, me, digit: comments.create_comment(
        db, builders.comment(video=to.video_id, author=me, parent=to.comment_id, id=ending_with(digit))
    ),
    "share": lambda db, to, me, digit: shares.share_video(
        db, builders.share(video=to.video_id, user=me, id=ending_with(digit))
    ),
    "follow": lambda db, to, me, _: social.follow(db, follower_id=me, followed_id=to.owner_id),
    "view": lambda db, to, me, _: video_views.record_view(db, to.video_id, viewer_id=me),
}
WAITS = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


async def test_sixteen_writers_do_not_wait_for_each_other(postgres_url: str, anyio_backend: str) -> None:
    """PostgreSQL alone: SQLite has one writer at a time. Only a writer with the same digit waits for another one."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key(), pool_size=18)
    async with open_database(settings, catalog=COMMUNITY) as database:
        owner_id = (await person(database)).id
        video_id = (await video(database, owner_id)).id
        to = Target(owner_id, video_id, (await comment(database, video_id, owner_id)).id)
        people = {digit: (await person(database, id=ending_with(digit))).id for digit in "0123456789abcdef"}
        again = (await person(database, id=ending_with("f"))).id
        for name, write in WRITES.items():
            async with AsyncExitStack() as stack:
                for digit, me in people.items():
                    tx = await stack.enter_async_context(database.transaction())
                    async with asyncio.timeout(30):
                        assert await write(tx, to, me, digit), name
                last = asyncio.create_task(write(database, to, again, "f"))
                while not await sql_on(database)(WAITS):
                    assert not last.done(), name
                    await asyncio.sleep(0.01)
            await last
        assert await wrong_counts(sql_on(database)) == []
