"""The plans of the declared statements over ten thousand analysed users and as many sessions, on both databases.

Each function is called as ever, with real arguments; what it sends is explained instead of run. A plan thus follows
the SQL file, whatever is changed there.
"""

import re
import shutil
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from secrets import token_hex
from typing import Any
from uuid import UUID

import psycopg
import pytest

from hangar_dal import ACCOUNTS, Database, Settings, User, open_database, sealing, session_cookies, users
from hangar_dal.database import Statement
from hangar_dal.errors import InvalidCredentials, NotFound
from tests.helpers.postgres_server import Server

START = datetime(2026, 1, 1, tzinfo=UTC)
# A session expires each minute for a week, less five hours.
FEW_EXPIRED, MOST_EXPIRED = START + timedelta(hours=4), START + timedelta(days=5)

ROWS = """
INSERT INTO users (
    id, username, username_fold, email, email_fold, phone_number, display_name, display_name_fold, hashed_password,
    user_type, eve_character_id, status, role, created_at, updated_at, username_grams, display_name_grams
)
SELECT
    {key}, 'pilot' || n, 'pilot' || n,
    CASE WHEN n % 100 <> 8 THEN 'pilot' || n || '@x' END, CASE WHEN n % 100 <> 8 THEN 'pilot' || n || '@x' END,
    '+1' || (1000000 + n), 'name' || (n % 5000), 'name' || (n % 5000), 'hash',
    CASE n % 100 WHEN 8 THEN 'EVE_SSO' ELSE 'LOCAL' END, n,
    CASE n % 100 WHEN 0 THEN 'INACTIVE' WHEN 1 THEN 'SUSPENDED' WHEN 2 THEN 'DELETED' ELSE 'ACTIVE' END,
    CASE n % 100 WHEN 5 THEN 'ADMIN' WHEN 6 THEN 'MODERATOR' ELSE 'USER' END, {at}, {at},
    {username_grams}, {display_name_grams}
FROM {numbers};
INSERT INTO session_cookies (id, user_id, platform, cookies, expires_at, created_at)
SELECT {key}, {owner}, 'platform ' || (n % 7), 'v1.k.x', {at}, {at}
FROM {numbers};
"""
SQLITE_GRAMS = """(
    SELECT json_group_array(substr(text, place, 3))
    FROM (SELECT {text} AS text), (SELECT value AS place FROM json_each('[1, 2, 3, 4, 5, 6, 7, 8]'))
    WHERE place <= length(text) - 2
)"""
POSTGRESQL_GRAMS = """(
    SELECT array_agg(substr({text}, place, 3) ORDER BY place) FROM generate_series(1, length({text}) - 2) AS place
)"""
USERNAME, DISPLAY_NAME = "'pilot' || n", "'name' || (n % 5000)"
SQLITE = {
    "username_grams": SQLITE_GRAMS.format(text=USERNAME),
    "display_name_grams": SQLITE_GRAMS.format(text=DISPLAY_NAME),
    "key": "printf('%08x-0000-7000-8000-%012x', n, n)",
    "owner": "printf('%08x-0000-7000-8000-%012x', n % 1000 + 1, n % 1000 + 1)",
    "at": "strftime('%Y-%m-%dT%H:%M:%S.000000Z', '2026-01-01', n || ' minutes')",
    "numbers": "(WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 10000) SELECT n FROM c)",
}
POSTGRESQL = {
    "username_grams": POSTGRESQL_GRAMS.format(text=USERNAME),
    "display_name_grams": POSTGRESQL_GRAMS.format(text=DISPLAY_NAME),
    "key": "cast(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0') AS uuid)",
    "owner": "cast(lpad(to_hex(n % 1000 + 1), 8, '0') || '-0000-7000-8000-'"
    " || lpad(to_hex(n % 1000 + 1), 12, '0') AS uuid)",
    "at": "timestamptz '2026-01-01 00:00Z' + n * interval '1 minute'",
    "numbers": "generate_series(1, 10000) AS n",
}
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN ", "postgresql": "EXPLAIN (COSTS OFF) "}
OWNER = UUID("00000007-0000-7000-8000-000000000007")


@dataclass(frozen=True)
class Shown:
    """A plan: the indexes that it goes through, the tables that it reads whole, and whether it sorts."""

    text: str

    @property
    def indexes(self) -> set[str]:
        return set(re.findall(r"\b(idx_\w+|\w+_key|\w+_pkey)\b", self.text))

    @property
    def scans(self) -> list[str]:
        return re.findall(r"Seq Scan on \w+|SCAN (?:users|session_cookies|user_search_rows)$", self.text, re.MULTILINE)

    @property
    def sorts(self) -> bool:
        return "Sort" in self.text or "TEMP B-TREE" in self.text


def _named(plan: str) -> str:
    """SQLite has no names for the indexes of constraints, nor for that of FTS5: they get those of PostgreSQL."""
    found = re.sub(r"sqlite_autoindex_(\w+)_\d+ \((\w+)=\?\)", r"\1_\2_key", plan)
    found = re.sub(r"SCAN \w+ VIRTUAL TABLE INDEX 0:M\d", "SEARCH user_search USING idx_users_search", found)
    return re.sub(r"_id_key\b(?<!character_id_key)", "_pkey", found)


@pytest.fixture(scope="module")
def crowded_sqlite(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = shutil.copy(_sqlite_template, tmp_path_factory.mktemp("plans") / "crowded.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"{ROWS.format(**SQLITE)} ANALYZE;")
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def crowded_postgresql(postgres_server: Server, _postgres_template: str) -> Iterator[str]:
    name = f"hangar_{token_hex(6)}"
    with postgres_server.database(name, template=_postgres_template):
        with psycopg.connect(postgres_server.url(name), autocommit=True) as connection:
            connection.execute(ROWS.format(**POSTGRESQL).encode())
            connection.execute("ANALYZE")
        yield postgres_server.url(name)


@pytest.fixture
async def crowded(
    database_url: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """On each backend in turn, as `database_url` is."""
    url = request.getfixturevalue(f"crowded_{database_url.partition(':')[0]}")
    async with open_database(
        Settings(database_url=url, sealing_keys=sealing.new_key()), clock=lambda: START, catalog=ACCOUNTS
    ) as db:
        yield db


@pytest.fixture
def plans_of(crowded: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[[Awaitable[Any]], Awaitable[list[Shown]]]:
    """The plans of all statements that a call sends."""

    async def explained(call: Awaitable[Any]) -> list[Shown]:
        run, plans = Database.run, list[Shown]()

        async def explain(self: Database, statement: Statement, parameters: Any) -> tuple[list[Any], int]:
            text = EXPLAIN[self.dialect] + statement.text
            rows, _ = await run(self, Statement("explain", text, writes=False), parameters)
            plans.append(Shown(_named("\n".join(str(row[-1]) for row in rows))))
            return [], 0

        with monkeypatch.context() as patch, suppress(NotFound, InvalidCredentials):
            patch.setattr(Database, "run", explain)
            await call
        assert plans
        return plans

    return explained


PlansOf = Callable[[Awaitable[Any]], Awaitable[list[Shown]]]
Call = Callable[[Database], Awaitable[Any]]
THEIRS: dict[str, Any] = {"user_id": OWNER, "platform": "platform 3"}
BY_KEY: dict[str, tuple[Call, set[str]]] = {
    # The two indexes of 0003, each by the queries that it is for.
    "find_session_cookie": (
        lambda db: session_cookies.find_session_cookie(db, **THEIRS),
        {"idx_session_user_platform"},
    ),
    "list_session_cookies-user": (
        lambda db: session_cookies.list_session_cookies(db, user_id=OWNER),
        {"idx_session_user_platform"},
    ),
    "list_session_cookies-platform": (
        lambda db: session_cookies.list_session_cookies(db, **THEIRS),
        {"idx_session_user_platform"},
    ),
    "delete_session_cookies-user": (
        lambda db: session_cookies.delete_session_cookies(db, user_id=OWNER),
        {"idx_session_user_platform"},
    ),
    "delete_session_cookies-platform": (
        lambda db: session_cookies.delete_session_cookies(db, **THEIRS),
        {"idx_session_user_platform"},
    ),
    "count_session_cookies-user": (
        lambda db: session_cookies.count_session_cookies(db, user_id=OWNER),
        {"idx_session_user_platform"},
    ),
    "count_session_cookies-platform": (
        lambda db: session_cookies.count_session_cookies(db, **THEIRS),
        {"idx_session_user_platform"},
    ),
    "list_users_with_session_cookies": (
        session_cookies.list_users_with_session_cookies,
        {"idx_users_created_at", "idx_session_user_platform"},
    ),
    "delete_expired_session_cookies-few": (
        lambda db: session_cookies.delete_expired_session_cookies(db, now=FEW_EXPIRED, batch_size=500),
        {"idx_session_expires", "session_cookies_pkey"},
    ),
    "delete_expired_session_cookies-most": (
        lambda db: session_cookies.delete_expired_session_cookies(db, now=MOST_EXPIRED, batch_size=500),
        {"idx_session_expires", "session_cookies_pkey"},
    ),
    # Each unique key by the functions that look for it.
    "get_session_cookie": (
        lambda db: session_cookies.get_session_cookie(db, OWNER),
        {"session_cookies_pkey"},
    ),
    "delete_session_cookie": (
        lambda db: session_cookies.delete_session_cookie(db, OWNER),
        {"session_cookies_pkey"},
    ),
    "delete_session_cookie-user": (
        lambda db: session_cookies.delete_session_cookie(db, OWNER, user_id=OWNER),
        {"session_cookies_pkey"},
    ),
    "get_user": (lambda db: users.get_user(db, OWNER), {"users_pkey"}),
    "get_users": (lambda db: users.get_users(db, [OWNER, UUID(int=0)]), {"users_pkey"}),
    "find_user_by_email": (lambda db: users.find_user_by_email(db, "pilot7@x"), {"users_email_fold_key"}),
    "find_user_by_username": (lambda db: users.find_user_by_username(db, "pilot7"), {"users_username_fold_key"}),
    "find_user_by_login, a name": (lambda db: users.find_user_by_login(db, "pilot7"), {"users_username_fold_key"}),
    "find_user_by_login, an address": (
        lambda db: users.find_user_by_login(db, "pilot7@x"),
        {"users_email_fold_key"},
    ),
    "search_users": (lambda db: users.search_users(db, "pilot777"), {"idx_users_search"}),
    "search_users, a later page": (
        lambda db: users.search_users(db, "pilot777", after=User.model_construct(id=OWNER, display_name="name")),
        {"idx_users_search"},
    ),
    "find_user_by_eve_character": (
        lambda db: users.find_user_by_eve_character(db, 7),
        {"users_eve_character_id_key"},
    ),
    "find_login_by_username": (
        lambda db: users.find_login_by_username(db, "pilot7"),
        {"users_username_fold_key"},
    ),
    "find_login_by_email": (lambda db: users.find_login_by_email(db, "pilot7@x"), {"users_email_fold_key"}),
    "update_user": (lambda db: users.update_user(db, OWNER, is_private=True), {"users_pkey"}),
    "set_user_status": (lambda db: users.set_user_status(db, OWNER, users.UserStatus.ACTIVE), {"users_pkey"}),
    "touch_last_login": (lambda db: users.touch_last_login(db, OWNER), {"users_pkey"}),
    "delete_user": (lambda db: users.delete_user(db, OWNER), {"users_pkey"}),
}
ORDERS: Sequence[Any] = ("newest", "oldest", "name")
INDEX = {
    ("newest", False): "idx_users_created_at",
    ("oldest", False): "idx_users_created_at",
    ("name", False): "idx_users_display_name",
    ("newest", True): "idx_users_status_created_at",
    ("oldest", True): "idx_users_status_created_at",
    ("name", True): "idx_users_status_display_name",
}


async def test_a_statement_goes_through_its_index(crowded: Database, plans_of: PlansOf) -> None:
    for call, indexes in BY_KEY.values():
        [plan] = await plans_of(call(crowded))
        assert indexes <= plan.indexes, plan.text
        assert plan.scans == [], plan.text


async def test_list_users_goes_through_an_index_of_its_order_and_never_sorts(
    crowded: Database, plans_of: PlansOf
) -> None:
    middle: User = await users.get_user(crowded, UUID("00001388-0000-7000-8000-000000001388"))
    for order, status, after in product(ORDERS, [None, *users.UserStatus], [None, middle]):
        [plan] = await plans_of(users.list_users(crowded, order=order, status=status, after=after))
        # Nearly all users are active: to pass over the others is as good as an index of the status.
        allowed = [{INDEX[order, status is not None]}, {INDEX[order, status not in (None, users.UserStatus.ACTIVE)]}]
        assert plan.indexes in allowed, (order, status, after, plan.text)
        assert plan.scans == [], plan.text
        assert not plan.sorts, (order, status, after, plan.text)


async def test_list_users_goes_through_an_index_of_its_filter_and_never_sorts(
    crowded: Database, plans_of: PlansOf
) -> None:
    middle: User = await users.get_user(crowded, UUID("00001388-0000-7000-8000-000000001388"))
    span: Any = {"created_since": middle.created_at, "created_before": middle.created_at + timedelta(hours=1)}
    filters: list[tuple[dict[str, Any], str, str]] = [
        ({"role": users.UserRole.ADMIN}, "idx_users_role_created_at", "idx_users_role_display_name"),
        ({"user_type": users.UserType.EVE_SSO}, "idx_users_user_type_created_at", "idx_users_user_type_display_name"),
        (span, "idx_users_created_at", "idx_users_created_at"),
        ({"signed_in": "never"}, "idx_users_created_at", "idx_users_display_name"),
    ]
    for order, (given, by_time, by_name) in product(ORDERS, filters):
        [plan] = await plans_of(users.list_users(crowded, order=order, **given))
        assert plan.indexes == {by_name if order == "name" else by_time}, (order, given, plan.text)
        assert plan.scans == [], plan.text
        assert not plan.sorts or (order == "name" and given is span), (order, given, plan.text)


async def test_list_users_with_session_cookies_begins_at_its_page(crowded: Database, plans_of: PlansOf) -> None:
    middle = await users.get_user(crowded, OWNER)
    [plan] = await plans_of(session_cookies.list_users_with_session_cookies(crowded, after=middle))
    assert plan.indexes == {"idx_users_created_at", "idx_session_user_platform"}, plan.text
    assert plan.scans == [], plan.text
