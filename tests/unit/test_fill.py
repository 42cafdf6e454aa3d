"""`python -m benchmarks fill` on both databases: the rows of the population, whole and counted."""

import gc
import io
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest

from benchmarks import fill
from benchmarks.population import Population
from hangar_dal import (
    Catalog,
    Database,
    Settings,
    ad_reports,
    ad_serving,
    comments,
    ledger,
    open_database,
    payments,
    sealing,
    session_cookies,
    social,
    videos,
)
from hangar_dal.migrations.drift import database_schema
from tests.conftest import BACKENDS
from tests.helpers.domain_fixtures import Sql, sql_on
from tests.helpers.postgres_server import Server

USERS, SEED = 60, 2
EMPTY = {"video_trends"}  # which an application makes anew now and then
TABLES = [table for stage in fill.STAGES for lane in stage for table in lane]
STORED = {"renditions": "video_renditions", "views": "video_views", "messages": "outbox"}
STORED |= {"preferences": "notification_preferences", "second_factors": "two_factor"}
# Of these, some rows are left out, or change other rows.
NOT_ALL = ("views", "notifications", "reports", "inboxes", "ledger_transfers", "handled_events")
NOT_ALL += (
    "renewals",
    "served_ads",
    "released_ads",
    "ad_reports",
    "ad_settlements",
    "live_viewer_counts",
    "live_chats",
)
# Of these, the rows only say how many are changed at once.
BATCHES = {"renewals", "released_ads", "ad_reports", "live_viewer_counts"}
# What there must be some of: a table, and a condition.
KINDS = [
    ("one_time_tokens", "used_at IS NULL"),
    ("one_time_tokens", "used_at IS NOT NULL"),
    ("confirmed_emails", "confirmed_at IS NOT NULL"),
    ("sign_in_failures", "locked_until IS NULL"),
    ("sign_in_failures", "locked_until IS NOT NULL"),
    ("two_factor", "confirmed_at IS NULL"),
    ("two_factor", "confirmed_at IS NOT NULL"),
    ("follows", "status = 'PENDING'"),
    ("notifications", "seen_at IS NULL"),
    ("notifications", "seen_at IS NOT NULL AND read_at IS NULL"),
    ("notifications", "read_at IS NOT NULL"),
    ("users", "is_private"),
    ("ledger_transfers", "kind = 'POSTED'"),
    ("payments", "status = 'CAPTURED'"),
    ("webhook_events", "status = 'PROCESSED'"),
    ("subscriptions", "period_number = 2"),
    ("invoices", "status = 'PAID'"),
    ("ad_reports", "clicks > 0"),
    ("livestreams", "status = 'LIVE'"),
    ("livestreams", "status = 'SCHEDULED'"),
    ("live_viewer_counts", "peak > 0"),
    ("live_chat_messages", "kind = 'DONATION'"),
]
# Counters with the rows that they count: table and column of the counter, table and column of the rows.
COUNTED = [
    ("video_view_counts", "video_id", "views", "video_views", "video_id"),
    ("video_views_by_day", "video_id", "views", "video_views", "video_id"),
    ("video_like_counts", "video_id", "likes", "video_likes", "video_id"),
    ("video_comment_counts", "video_id", "comments", "comments", "video_id"),
    ("answer_counts", "comment_id", "answers", "comments", "parent_id"),
    ("comment_like_counts", "comment_id", "likes", "comment_likes", "comment_id"),
    ("video_share_counts", "video_id", "shares", "shares", "video_id"),
    ("follower_counts", "user_id", "followers", "follows WHERE status = 'ACCEPTED'", "followed_id"),
    ("donation_totals", "livestream_id", "donations", "donations WHERE refund_id IS NULL", "livestream_id"),
    ("followed_counts", "user_id", "followed", "follows WHERE status = 'ACCEPTED'", "follower_id"),
]


@pytest.fixture(scope="module", params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated database that the tests of this module share, on each backend in turn. They leave it as it is."""
    if request.param == "sqlite":
        templates: Callable[[Catalog], Path] = request.getfixturevalue("_sqlite_templates")
        yield f"sqlite:///{shutil.copy(templates(fill.CATALOG), tmp_path_factory.mktemp('filled') / 'filled.db')}"
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = f"hangar_{token_hex(6)}"
    template: str = request.getfixturevalue("_postgres_templates")(fill.CATALOG)
    with server.database(name, template=template), pytest.MonkeyPatch.context() as patch:
        if server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        yield server.url(name)


@pytest.fixture(scope="module")
def command(url: str) -> Iterator[list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
        yield ["--users", str(USERS), "--seed", str(SEED), "--database-url", url]


@pytest.fixture(scope="module")
def told(command: list[str]) -> list[str]:
    """The lines that the command prints when it fills the database. One table waits for another, however long."""
    with redirect_stdout(io.StringIO()) as printed, pytest.MonkeyPatch.context() as impatient:
        impatient.setenv("HANGAR_ACQUIRE_TIMEOUT", "0.01")
        fill.main(command)
    return printed.getvalue().splitlines()


@pytest.fixture
async def filled(told: list[str], url: str, anyio_backend: str) -> AsyncIterator[Database]:
    async with open_database(Settings(database_url=url), catalog=fill.CATALOG) as db:
        yield db


@pytest.fixture
def sql(filled: Database) -> Sql:
    return sql_on(filled)


async def test_the_rows_of_the_population_are_stored(filled: Database, sql: Sql) -> None:
    population = Population(USERS, seed=SEED)
    for table in TABLES:
        if table not in NOT_ALL:
            rows = len(list(getattr(population, table)()))
            assert await sql(f"SELECT count(*) FROM {STORED.get(table, table)}") == [(rows,)], table
    for stream, made in (
        (videos.stream_videos(filled), list(population.videos())),
        (comments.stream_comments(filled), list(population.comments())),
        (social.stream_all_follows(filled), list(population.follows())),
    ):
        fields: Any = type(made[0]).model_fields.keys()
        async with stream as rows:
            found = [str(row.model_dump(include=fields)) async for row in rows]
        assert sorted(found) == sorted(str(row.model_dump()) for row in made)
    new = next(population.session_cookies())
    stored = await session_cookies.get_session_cookie(filled, new.id)
    assert stored.model_dump(exclude={"created_at"}) == new.model_dump()
    assert (stored.created_at, new.expires_at > stored.created_at) == (population.now["session_cookies"], True)


async def test_every_table_has_rows_of_all_kinds(sql: Sql, url: str) -> None:
    tables = {each.name for each in database_schema(url).tables}
    for table in sorted(tables):
        assert (await sql(f"SELECT count(*) FROM {table}") != [(0,)]) is (table not in EMPTY), table
    for table, condition in KINDS:
        assert await sql(f"SELECT count(*) FROM {table} WHERE {condition}") != [(0,)], (table, condition)


async def test_counters_are_exact_and_keys_whole(filled: Database, sql: Sql, url: str) -> None:
    for counters, of, number, table, column in COUNTED:
        counted = await sql(f"SELECT CAST({of} AS text), CAST(sum({number}) AS integer) FROM {counters} GROUP BY {of}")
        rows = await sql(f"SELECT CAST({column} AS text), count(*) FROM {table} GROUP BY {column}")
        assert dict(counted) == {key: found for key, found in rows if key is not None}, counters
    keys = 0
    for each in database_schema(url).tables:
        for key in each.foreign_keys:
            pairs = zip(key.columns, key.referred, strict=True)
            joined = " AND ".join(f"rows_.{column} = others.{referred}" for column, referred in pairs)
            given = " AND ".join(f"rows_.{column} IS NOT NULL" for column in key.columns)
            lost = f"{given} AND NOT EXISTS (SELECT 1 FROM {key.table} AS others WHERE {joined})"
            assert await sql(f"SELECT count(*) FROM {each.name} AS rows_ WHERE {lost}") == [(0,)], key.name
            keys += 1
    assert keys > 80
    assert await ledger.list_wrong_balances(filled) == []
    assert await payments.list_wrong_revenue(filled) == []
    assert await ad_serving.list_wrong_budgets(filled) == []
    assert await ad_reports.list_wrong_reports(filled) == []


def test_a_pipe_gets_a_line_for_each_table_and_the_rate_of_all(told: list[str]) -> None:
    *tables, total = told
    assert sorted(line.split()[0] for line in tables) == sorted(TABLES)
    assert all(line.split()[2] == "rows" and line.endswith("/s") for line in told)
    rows = [int(line.split()[1].replace(",", "")) for line in tables]
    assert total.startswith(f"{'total':<24} {sum(rows):>10,} rows ")


def test_a_terminal_gets_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with redirect_stderr(Terminal()) as shown:
        report = fill.Report(200)
        report.add("views", 100)
    assert shown.getvalue().startswith("\r\033[K[##########----------] 50 % ")
    assert shown.getvalue().endswith("/s: views")


@pytest.mark.usefixtures("told")
def test_a_database_with_users_is_refused(command: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(SystemExit, match=rf"^the database has {USERS} users already\. Fill one that has none\.$"):
            fill.main(command)


def test_a_database_without_tables_is_refused(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    with pytest.raises(SystemExit, match=r"^SchemaOutOfDate: "):
        fill.main(["--database-url", empty_database_url])


def test_a_run_leaves_the_interpreter_as_it_was(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    before = sys.getswitchinterval()
    try:
        sys.setswitchinterval(0.004)
        with pytest.raises(SystemExit):
            fill.main(["--database-url", empty_database_url])
        assert (sys.getswitchinterval(), gc.isenabled()) == (0.004, True)
    finally:
        sys.setswitchinterval(before)


def test_the_same_seed_makes_the_same_rows_and_another_seed_others() -> None:
    def rows(seed: int) -> dict[str, list[str]]:
        population = Population(USERS, seed=seed)
        return {table: [str(row.model_dump()) for row in getattr(population, table)()] for table in TABLES}

    first = rows(SEED)
    assert rows(SEED) == first
    others = rows(SEED + 1)
    assert {table for table in TABLES if set(first[table]) & set(others[table])} == BATCHES


def test_few_users_have_most_followers_and_few_videos_most_views() -> None:
    population = Population(2000)
    for counts in (
        Counter(follow.followed_id for follow in population.follows()),
        Counter(view.video_id for view in population.views()),
    ):
        numbers = sorted(counts.values(), reverse=True)
        assert sum(numbers[: len(numbers) // 10]) > 0.5 * sum(numbers)
        assert numbers[0] > 20 * numbers[len(numbers) // 2]
