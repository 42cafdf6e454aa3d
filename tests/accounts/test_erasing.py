"""`erase_user`: nothing of the user is left but events without personal columns."""

from typing import Any

import pytest

from hangar_dal import (
    Database,
    NewUser,
    User,
    UserRole,
    accounts,
    builders,
    refresh_tokens,
    security_events,
    users,
    uuid7,
)
from hangar_dal.errors import NotFound, TokenInvalid, TriggerViolation
from hangar_dal.migrations.drift import database_schema
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import ADMIN, WHERE, kinds, last_event
from tests.helpers.full_users import fill, tables_of_users


async def left_of(sql: Any, database_url: str, user: User) -> set[str]:
    """The tables in which some text of a row is an id, a name or an address of the user."""
    texts = {str(user.id), user.username, user.email, WHERE["source"], WHERE["user_agent"]} - {None}
    tables = tables_of_users(database_schema(database_url))
    return {
        table
        for table in tables
        for row in await sql(f"SELECT * FROM {table}")
        if any(str(each) in texts for each in row)
    }


async def test_only_events_without_personal_columns_are_left(
    database: Database, database_url: str, clock: Clock, ada: User, sql: Any
) -> None:
    await fill(database, clock, ada, character=7)
    assert await left_of(sql, database_url, ada) > {"users", "session_cookies", "security_events", "refresh_tokens"}
    await accounts.erase_user(database, ada.id)
    assert await left_of(sql, database_url, ada) == {"security_events"}
    for table in ("sign_in_failures", "recovery_codes", "confirmed_emails"):
        assert await sql(f"SELECT * FROM {table}") == []
    events = await security_events.list_security_events(database)
    assert len(events) == 4
    assert {(event.source, event.user_agent) for event in events} == {(None, None)}


async def test_other_users_keep_everything(database: Database, clock: Clock, ada: User, sql: Any) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    await fill(database, clock, other, character=7)

    async def rows() -> dict[str, int]:
        return {table: len(await sql(f"SELECT * FROM {table}")) for table in TABLES}

    before = await rows()
    await accounts.erase_user(database, ada.id)
    assert await rows() == before
    assert await users.get_user(database, other.id) == other
    event, *_ = await security_events.list_security_events(database, user_id=other.id)
    assert event.source == WHERE["source"]


TABLES = ("session_cookies", "refresh_tokens", "sign_in_failures", "recovery_codes", "eve_tokens")


async def test_the_event_of_an_administrator_says_from_where(database: Database, user: User) -> None:
    await accounts.erase_user(database, user.id, actor_id=ADMIN, **WHERE)
    assert await last_event(database) == (SecurityEventKind.ERASED, user.id, ADMIN, *WHERE.values())


@pytest.mark.parametrize("is_actor", [False, True])
async def test_who_erases_their_own_account_leaves_no_place(database: Database, user: User, is_actor: bool) -> None:
    actor_id = user.id if is_actor else None
    await accounts.erase_user(database, user.id, actor_id=actor_id, **WHERE)
    assert await last_event(database) == (SecurityEventKind.ERASED, user.id, actor_id, None, None)


async def test_names_are_free_and_sessions_over(database: Database, ada: User, new: NewUser) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, ada.id)
    await accounts.erase_user(database, ada.id)
    with pytest.raises(TokenInvalid):
        await accounts.refresh(database, issued.token)
    assert (await users.create_user(database, new.model_copy(update={"id": uuid7()}))).username == ada.username


async def test_the_last_administrator_is_not_erased(database: Database, clock: Clock, ada: User) -> None:
    await users.set_user_role(database, ada.id, UserRole.ADMIN)
    await fill(database, clock, ada, character=7)
    before = await security_events.list_security_events(database)
    with pytest.raises(TriggerViolation) as caught:
        await accounts.erase_user(database, ada.id)
    assert caught.value.constraint == "last_administrator"
    assert await security_events.list_security_events(database) == before
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=ada.id) == 1


async def test_a_user_who_does_not_exist_leaves_no_event(database: Database, user: User) -> None:
    await accounts.erase_user(database, user.id)
    with pytest.raises(NotFound):
        await accounts.erase_user(database, user.id)
    assert await kinds(database) == [SecurityEventKind.ERASED]
