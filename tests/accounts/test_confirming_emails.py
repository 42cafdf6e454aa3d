"""`accounts.request_email_confirmation`, `confirm_email` and `is_email_confirmed`."""

from datetime import timedelta

import pytest

from hangar_dal import (
    Database,
    User,
    accounts,
    users,
    uuid7,
)
from hangar_dal.accounts import Invitation
from hangar_dal.errors import NotFound, TokenInvalid
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import LINK_REFUSED, WHERE, kinds, last_event


async def test_an_address_is_confirmed_until_it_is_changed(database: Database, clock: Clock, ada: User) -> None:
    assert not await accounts.is_email_confirmed(database, ada)
    issued = await accounts.request_email_confirmation(database, ada.id, **WHERE)
    assert issued.stored.email == ada.email
    requested = SecurityEventKind.EMAIL_CONFIRMATION_REQUESTED
    assert await last_event(database) == (requested, ada.id, None, *WHERE.values())
    clock.advance(timedelta(hours=1))
    assert await accounts.confirm_email(database, issued.token, **WHERE) == ada
    assert await last_event(database) == (SecurityEventKind.EMAIL_CONFIRMED, ada.id, None, *WHERE.values())
    assert await accounts.is_email_confirmed(database, ada)
    with pytest.raises(TokenInvalid, match=LINK_REFUSED):
        await accounts.confirm_email(database, issued.token)
    changed = await users.update_user(database, ada.id, email="lovelace@example.org")
    assert not await accounts.is_email_confirmed(database, changed)


async def test_a_confirmation_that_is_refused_leaves_the_token_unused(database: Database, ada: User) -> None:
    """The user may take the address back that the message was sent to."""
    issued = await accounts.request_email_confirmation(database, ada.id)
    await users.update_user(database, ada.id, email="another@example.org")
    with pytest.raises(TokenInvalid):
        await accounts.confirm_email(database, issued.token)
    await users.update_user(database, ada.id, email=ada.email)
    await accounts.confirm_email(database, issued.token)


async def test_only_an_active_user_with_an_address_can_confirm_it(
    database: Database, user: User, invitation: Invitation
) -> None:
    before = await kinds(database)
    for user_id in (user.id, invitation.user.id, uuid7()):
        with pytest.raises(NotFound):
            await accounts.request_email_confirmation(database, user_id)
    assert await kinds(database) == before
