"""`export_user`: one JSON document in pieces, with everything about one user and no secrets."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hangar_dal import Database, User, accounts, builders, security_events, session_cookies, users, uuid7
from hangar_dal.accounts.user_tables import USER_TABLES
from hangar_dal.errors import NotFound, TransactionError
from hangar_dal.security_events import SecurityEventKind
from hangar_dal_pytest import HangarQueries
from tests.helpers.browser_sessions import sessions
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import ADMIN, WHERE, kinds, last_event
from tests.helpers.full_users import fill


async def export(db: Database, user: User, **options: Any) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    async with accounts.export_user(db, user.id, **options) as pieces:
        text = "".join([piece async for piece in pieces])
    return text, json.loads(text)


async def test_everything_about_a_user_is_in_the_document(database: Database, clock: Clock, ada: User) -> None:
    await fill(database, clock, ada, character=7)
    stranger = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await fill(database, clock, stranger, character=8)
    _, document = await export(database, ada)
    assert list(document) == [table for table in USER_TABLES if table != "user_search_rows"]
    assert {table: len(rows) for table, rows in document.items()} == {
        "users": 1,
        "session_cookies": 2,
        "security_events": 4,
        "refresh_tokens": 2,
        "sign_in_failures": 3,
        "two_factor": 2,
        "recovery_codes": 10,
        "eve_tokens": 1,
        "one_time_tokens": 2,
        "confirmed_emails": 1,
    }
    assert document["users"] == [ada.model_dump(mode="json")]
    for rows in document.values():
        assert {row["user_id"] for row in rows if "user_id" in row} <= {str(ada.id), str(ADMIN)}


@pytest.mark.parametrize("with_cookies", [False, True])
async def test_no_secret_and_no_hash_is_in_the_document(
    database: Database, clock: Clock, ada: User, sql: Any, with_cookies: bool
) -> None:
    secrets = await fill(database, clock, ada, character=7)
    secrets += [str(value) for table, column in HASHES for [value] in await sql(f"SELECT {column} FROM {table}")]
    text, document = await export(database, ada, with_cookies=with_cookies)
    assert len(secrets) > 30
    assert [secret for secret in secrets if secret in text] == []
    assert "v1." not in text
    stored = await session_cookies.list_session_cookies(database, user_id=ada.id)
    assert [row.get("cookies") for row in reversed(document["session_cookies"])] == [
        one.cookies if with_cookies else None for one in stored
    ]


HASHES = [
    ("users", "hashed_password"),
    ("refresh_tokens", "token_hash"),
    ("recovery_codes", "code_hash"),
    ("one_time_tokens", "token_hash"),
    ("sign_in_failures", "key"),
    ("session_cookies", "cookies"),
]


async def test_the_place_of_an_administrator_is_not_in_the_document(
    database: Database, clock: Clock, ada: User
) -> None:
    await fill(database, clock, ada, character=7)
    _, document = await export(database, ada, actor_id=ADMIN, source="198.51.100.1")
    found = {(event["user_id"], event["actor_id"]): event["source"] for event in document["security_events"]}
    ada_id, admin_id = str(ada.id), str(ADMIN)
    where = WHERE["source"]
    assert found == {(ada_id, None): where, (ada_id, admin_id): None, (admin_id, ada_id): where}


async def test_the_event_is_there_before_the_first_piece(database: Database, ada: User) -> None:
    async with accounts.export_user(database, ada.id, actor_id=ADMIN, **WHERE):
        assert await last_event(database) == (SecurityEventKind.EXPORTED, ada.id, ADMIN, *WHERE.values())
    assert await kinds(database) == [SecurityEventKind.EXPORTED]


async def test_a_loop_that_is_left_early_leaves_nothing_open(database: Database, clock: Clock, ada: User) -> None:
    await fill(database, clock, ada, character=7)
    for number in range(20):
        async with accounts.export_user(database, ada.id) as pieces:
            for _ in range(number):
                await anext(pieces)
    _, document = await export(database, ada)
    assert len(document["security_events"]) == 3 + 21


async def test_the_document_is_of_one_moment(database: Database, clock: Clock, ada: User) -> None:
    await fill(database, clock, ada, character=7)
    async with accounts.export_user(database, ada.id) as pieces:
        before = await anext(pieces)
        await accounts.erase_user(database, ada.id)
        document = json.loads(before + "".join([piece async for piece in pieces]))
    assert len(document["session_cookies"]) == 2


async def test_cookies_are_opened_one_by_one(database: Database, ada: User, hangar_queries: HangarQueries) -> None:
    await session_cookies.import_session_cookies(database, sessions(ada.id, 30))
    pieces: AsyncIterator[str]
    with hangar_queries() as sent:
        async with accounts.export_user(database, ada.id, with_cookies=True) as pieces:
            seen = [piece async for piece in pieces if "platform" in piece]
    assert len(seen) == 30 == sent.names.count("session_cookies.get_session_cookie")


async def test_a_user_who_does_not_exist_leaves_no_event(database: Database) -> None:
    with pytest.raises(NotFound):
        async with accounts.export_user(database, uuid7()):
            pass
    assert await security_events.list_security_events(database) == []


async def test_a_transaction_is_refused(database: Database, ada: User) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TransactionError, match="outside of transactions"):
            async with accounts.export_user(tx, ada.id):  # type: ignore[arg-type]  # the wrong type is the point
                pass
