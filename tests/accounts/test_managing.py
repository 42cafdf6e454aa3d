"""`set_status` and `set_role`: the change, the sessions and the event, together or not at all."""

import pytest

from hangar_dal import Database, User, UserRole, UserStatus, accounts, one_time_tokens, refresh_tokens, users, uuid7
from hangar_dal.errors import NotFound, TokenInvalid, TriggerViolation
from hangar_dal.one_time_tokens import IssuedOneTimeToken
from hangar_dal.security_events import SecurityEventKind
from samples import eve_user
from sign_ins import ADMIN, WHERE, kinds, last_event


@pytest.mark.parametrize("status", [UserStatus.INACTIVE, UserStatus.SUSPENDED, UserStatus.DELETED])
async def test_a_user_who_is_not_active_any_more_has_no_session_and_no_link(
    database: Database, ada: User, reset: IssuedOneTimeToken, status: UserStatus
) -> None:
    other = await users.insert_user(database, eve_user(), hashed_password=None)
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


async def test_nothing_is_kept_of_a_change_whose_transaction_is_undone(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    with pytest.raises(NotFound):
        async with database.transaction() as tx:
            await accounts.set_status(tx, user.id, UserStatus.SUSPENDED, actor_id=ADMIN)
            await accounts.set_role(tx, uuid7(), UserRole.USER, actor_id=ADMIN)
    assert await kinds(database) == []
    assert (await accounts.refresh(database, issued.token)).user == user
