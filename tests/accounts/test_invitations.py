"""`accounts.invite_user`, `renew_invitation` and `accept_invitation`."""

from datetime import timedelta

import pytest
from pydantic import SecretStr

from hangar_dal import (
    Database,
    User,
    UserRole,
    UserStatus,
    accounts,
    builders,
    passwords,
    users,
    uuid7,
)
from hangar_dal.accounts import Invitation
from hangar_dal.errors import InvalidValue, NotFound, TokenInvalid, UniqueViolation
from hangar_dal.one_time_tokens import LIFETIMES, TokenPurpose
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import ADMIN, LINK_REFUSED, WHERE, fail, kinds, last_event


async def test_an_invited_user_can_sign_in_after_choosing_a_password(
    database: Database, clock: Clock, invitation: Invitation
) -> None:
    user = invitation.user
    assert (user.username, user.email, user.display_name) == ("grace", "Grace@example.org", "grace")
    assert (user.status, user.role) == (UserStatus.INACTIVE, UserRole.MODERATOR)
    assert invitation.expires_at == clock.now + LIFETIMES[TokenPurpose.INVITATION]
    assert await last_event(database) == (SecurityEventKind.INVITED, user.id, ADMIN, *WHERE.values())
    for unusable in (SecretStr(passwords.UNUSABLE), builders.password()):
        await fail(database, "grace", unusable)
    chosen = builders.password()
    clock.advance(timedelta(days=6))
    accepted = await accounts.accept_invitation(database, invitation.token, chosen, **WHERE)
    changed = {"status": UserStatus.ACTIVE, "is_active": True, "updated_at": clock.now}
    assert accepted == user.model_copy(update=changed)
    assert await last_event(database) == (SecurityEventKind.INVITATION_ACCEPTED, user.id, None, *WHERE.values())
    assert (await accounts.sign_in(database, "grace", chosen, **WHERE)).user.id == user.id
    assert not await accounts.is_email_confirmed(database, accepted)


async def test_an_invitation_can_be_renewed_until_it_is_accepted(
    database: Database, clock: Clock, invitation: Invitation
) -> None:
    again = await accounts.renew_invitation(
        database, invitation.user.id, actor_id=ADMIN, lifetime=timedelta(days=30), **WHERE
    )
    assert again.expires_at == clock.now + timedelta(days=30)
    assert await last_event(database) == (SecurityEventKind.INVITED, again.user.id, ADMIN, *WHERE.values())
    with pytest.raises(TokenInvalid, match=LINK_REFUSED):
        await accounts.accept_invitation(database, invitation.token, builders.password())
    await accounts.accept_invitation(database, again.token, builders.password())
    with pytest.raises(NotFound, match="nobody can be invited"):
        await accounts.renew_invitation(database, again.user.id, actor_id=ADMIN)


async def test_only_an_inactive_user_with_an_address_can_be_invited_again(
    database: Database, ada: User, invitation: Invitation
) -> None:
    capsuleer = await users.insert_user(database, builders.eve_user(status=UserStatus.INACTIVE), hashed_password=None)
    before = await kinds(database)
    for user_id in (ada.id, capsuleer.id, uuid7()):
        with pytest.raises(NotFound):
            await accounts.renew_invitation(database, user_id, actor_id=ADMIN)
    assert await kinds(database) == before


async def test_an_invitation_for_a_taken_name_leaves_nothing(database: Database, ada: User) -> None:
    for given in ({"username": "ADA", "email": "x@example.org"}, {"username": "x", "email": "ada@example.org"}):
        with pytest.raises(UniqueViolation):
            await accounts.invite_user(database, **given, actor_id=ADMIN)
    for given in ({"username": "a@b", "email": "x@example.org"}, {"username": "x", "email": "nobody"}):
        with pytest.raises(InvalidValue):
            await accounts.invite_user(database, **given, actor_id=ADMIN)
    assert await users.list_users(database) == [ada]
    assert await kinds(database) == []
