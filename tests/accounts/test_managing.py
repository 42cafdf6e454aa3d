"""`update_user`, `set_status` and `set_role`: the change, the sessions and the event, together or not at all."""

import asyncio
from typing import Any

import pytest

from hangar_dal import (
    Database,
    User,
    UserRole,
    UserStatus,
    accounts,
    builders,
    one_time_tokens,
    refresh_tokens,
    security_events,
    users,
    uuid7,
)
from hangar_dal.errors import InvalidValue, NotFound, TokenInvalid, TriggerViolation, UniqueViolation
from hangar_dal.models.users import UserChanges
from hangar_dal.one_time_tokens import IssuedOneTimeToken
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.failed_sign_ins import ADMIN, WHERE, kinds, last_event


@pytest.mark.parametrize("status", [UserStatus.INACTIVE, UserStatus.SUSPENDED, UserStatus.DELETED])
async def test_a_user_who_is_not_active_any_more_has_no_session_and_no_link(
    database: Database, ada: User, reset: IssuedOneTimeToken, status: UserStatus
) -> None:
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    issued = [await refresh_tokens.issue_refresh_token(database, user.id) for user in (ada, ada, other)]
    changed = await accounts.set_status(database, ada.id, status, actor_id=ADMIN, **WHERE)
    assert (changed.status, changed.is_active) == (status, False)
    assert await users.get_user(database, ada.id) == changed
    assert await last_event(database) == (SecurityEventKind.STATUS_CHANGED, ada.id, ADMIN, *WHERE.values())
    assert await one_time_tokens.list_one_time_tokens(database, ada.id) == []
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=other.id) == 1
    for one in issued[:2]:
        with pytest.raises(TokenInvalid):
            await accounts.refresh(database, one.token)


async def test_a_user_who_is_active_again_signs_in_anew(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    await accounts.set_status(database, user.id, UserStatus.SUSPENDED, actor_id=ADMIN)
    assert (await accounts.set_status(database, user.id, UserStatus.ACTIVE, actor_id=ADMIN)).is_active
    with pytest.raises(TokenInvalid):
        await accounts.refresh(database, issued.token)
    assert await kinds(database) == [SecurityEventKind.STATUS_CHANGED] * 2


async def test_a_role_is_given_and_sessions_go_on(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    changed = await accounts.set_role(database, user.id, UserRole.MODERATOR, actor_id=ADMIN, **WHERE)
    assert changed == await users.get_user(database, user.id)
    assert changed.role is UserRole.MODERATOR
    assert await last_event(database) == (SecurityEventKind.ROLE_CHANGED, user.id, ADMIN, *WHERE.values())
    assert (await accounts.refresh(database, issued.token)).user == changed


async def test_the_last_administrator_keeps_everything(database: Database, user: User) -> None:
    await accounts.set_role(database, user.id, UserRole.ADMIN, actor_id=ADMIN)
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    for refused in (
        accounts.set_role(database, user.id, UserRole.USER, actor_id=user.id),
        accounts.set_status(database, user.id, UserStatus.DELETED, actor_id=user.id),
    ):
        with pytest.raises(TriggerViolation) as caught:
            await refused
        assert caught.value.constraint == "last_administrator"
    assert await kinds(database) == [SecurityEventKind.ROLE_CHANGED]
    assert (await accounts.refresh(database, issued.token)).user.is_admin


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("username", "Ada2"),
        ("email", "ada@example.net"),
        ("phone_number", "+12"),
        ("display_name", "Ada!"),
        ("is_test_user", True),
        ("is_private", True),
        ("metadata", {"a": 1}),
    ],
)
async def test_each_field_that_gets_another_value_leaves_an_event_of_its_own(
    database: Database, ada: User, name: str, value: Any
) -> None:
    given = {**{each: getattr(ada, each) for each in UserChanges.__annotations__}, name: value}
    changed = await accounts.update_user(database, ada.id, actor_id=ADMIN, **WHERE, **given)
    assert (changed, getattr(changed, name)) == (await users.get_user(database, ada.id), value)
    assert await kinds(database) == [f"{name.upper()}_CHANGED"]
    assert await last_event(database) == (f"{name.upper()}_CHANGED", ada.id, ADMIN, *WHERE.values())


async def test_true_in_the_place_of_1_is_another_value(database: Database, ada: User) -> None:
    for metadata in ({"a": 1}, {"a": True}, {"a": True}):
        await accounts.update_user(database, ada.id, metadata=metadata)
    assert await kinds(database) == [SecurityEventKind.METADATA_CHANGED] * 2


async def test_a_change_that_is_refused_leaves_no_event(database: Database, ada: User, user: User) -> None:
    await accounts.update_user(database, user.id, username="taken")
    before = await kinds(database)
    for changes, error in (
        ({"username": "Taken", "is_private": True}, UniqueViolation),
        ({"email": "x"}, InvalidValue),
    ):
        given: Any = changes
        with pytest.raises(error):
            await accounts.update_user(database, ada.id, **given)
    with pytest.raises(NotFound):
        await accounts.update_user(database, uuid7(), is_private=True)
    assert await kinds(database) == before
    assert await users.get_user(database, ada.id) == ada


async def test_of_changes_at_once_each_is_recorded(database: Database, ada: User) -> None:
    """Otherwise one of them may find the value that it writes itself, before another one writes a different value."""
    values = [number % 2 == 0 for number in range(16)]
    for _ in range(8):
        await asyncio.gather(*(accounts.update_user(database, ada.id, is_private=value) for value in values))
        found = await users.get_user(database, ada.id)
        recorded = await security_events.list_security_events(database, limit=1000)
        assert len(recorded) % 2 == found.is_private


async def test_nothing_is_kept_of_a_change_whose_transaction_is_undone(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    with pytest.raises(NotFound):
        async with database.transaction() as tx:
            await accounts.set_status(tx, user.id, UserStatus.SUSPENDED, actor_id=ADMIN)
            await accounts.set_role(tx, uuid7(), UserRole.USER, actor_id=ADMIN)
    assert await kinds(database) == []
    assert (await accounts.refresh(database, issued.token)).user == user
