"""`python -m benchmarks.growth`, on both databases: its rows, its calls, and the plans of what it found to grow."""

import re
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import pytest

from benchmarks import fill as all_tables
from benchmarks.growth import __main__ as growth
from benchmarks.growth import calls_of_users, calls_of_videos, measuring
from benchmarks.growth.filled import Filled
from benchmarks.growth.filling import fill
from benchmarks.growth.places import opened
from hangar_dal import COMMUNITY, OUTBOX, Catalog, Database, social, videos
from hangar_dal.database import Statement
from tests.helpers.domain_fixtures import sql_on

ROWS = 3000
DERIVED = [
    *("video_tags", "video_view_counts", "video_views_by_day", "video_like_counts", "video_comment_counts"),
    *("answer_counts", "comment_like_counts", "video_share_counts", "follower_counts", "followed_counts"),
]
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (COSTS OFF) "}
LIKES, SOCIAL, VIDEOS = (
    calls_of_users.DOMAINS["likes"],
    calls_of_users.DOMAINS["social"],
    calls_of_videos.DOMAINS["videos"],
)
# Each with a part of its plan, which is that of any number of rows.
PLANS: dict[str, tuple[Callable[[Filled], Awaitable[Any]], str]] = {
    "search_videos": (VIDEOS["search_videos by a rare word"], r"users_pkey|SEARCH users"),
    "list_friends": (SOCIAL["list_friends of the most followed"], r"Limit\n.*Index.* on follows back|SEARCH follows"),
    # PostgreSQL 18 may find the few likes of the user by the other index, and compare their videos in it.
    "find_video_like": (
        LIKES["find_video_like"],
        r"video_likes_pkey|Index Only Scan using idx_video_likes_user|USING PRIMARY KEY \(video_id=\? AND user_id",
    ),
    "find_comment_like": (
        LIKES["find_comment_like"],
        r"comment_likes_pkey|Index Only Scan using idx_comment_likes_user|USING PRIMARY KEY \(comment_id=\? AND user",
    ),
    "the feed by owner": (
        lambda at: social.list_followed_videos_by_owner(at.db, at.user()),
        r"users_pkey on users owner|SEARCH owner",
    ),
    "the newest of the feed": (
        lambda at: social.list_newest_followed_videos(at.db, at.user()),
        r"Hash Join|SEARCH follows",
    ),
}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return all_tables.CATALOG


@pytest.mark.parametrize("rows", [1000, pytest.param(ROWS, marks=pytest.mark.long)])
async def test_what_triggers_make_is_made_without_them(database_url: str, rows: int) -> None:
    fill(database_url, growth.COMMUNITY_ROWS[:2], rows, triggers=True)
    async with opened(database_url, COMMUNITY, rows) as db:
        by_triggers = await derived(db)
        await sql_on(db)("DELETE FROM videos")
        await sql_on(db)("DELETE FROM users")
        assert not any((await derived(db)).values())
    fill(database_url, growth.COMMUNITY_ROWS, rows)
    async with opened(database_url, COMMUNITY, rows) as db:
        assert await derived(db) == by_triggers
        assert all(by_triggers.values())


async def derived(db: Database) -> dict[str, list[Any]]:
    rows = {table: sorted(map(str, await sql_on(db)(f"SELECT * FROM {table}"))) for table in DERIVED}
    return {**rows, "found": [each.id for each in await videos.search_videos(db, "popular", limit=200)]}


async def test_every_call_is_measured_and_what_grew_keeps_its_plan(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measuring, "WARM_UP", 0)
    fill(database_url, (*growth.COMMUNITY_ROWS, *growth.OUTBOX_ROWS), ROWS)
    async with opened(database_url, COMMUNITY, ROWS) as db:
        for name, (call, part) in PLANS.items():
            plan = await plan_of(db, call)
            assert re.search(part, plan), (name, plan)
    for catalog in (COMMUNITY, OUTBOX):
        found = await growth.measure(catalog, {database_url: ROWS}, turns=1)
        assert list(found) == [(domain, name) for domain, calls in growth.DOMAINS[catalog].items() for name in calls]
        assert set(found.values()) == {1.0}


async def plan_of(db: Database, call: Callable[[Filled], Awaitable[Any]]) -> str:
    run, plans = db.run, list[str]()

    class Explaining(Database):
        async def run(self, statement: Statement, parameters: Any) -> tuple[list[Any], int]:
            explain = Statement("explain", EXPLAIN[db.dialect] + statement.text, writes=False)
            plans.extend(str(row[-1]) for row in (await run(explain, parameters))[0])
            return [], 0

    explaining = object.__new__(Explaining)
    explaining.__dict__.update(db.__dict__)
    await call(Filled(explaining, ROWS, Random(1)))
    return "\n".join(plans)


def test_the_table_has_a_line_for_each_query() -> None:
    ratios = {("videos", "a"): {"SQLite": 1.0, "PostgreSQL": 1.26}, ("videos", "b"): {"PostgreSQL": 2.0}}
    assert growth.table(ratios)[2:] == ["| `videos` | a | 1.00 | 1.26 |", "|  | b |  | 2.00 |"]
