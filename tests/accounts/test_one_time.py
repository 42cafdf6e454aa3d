"""Links by one-time tokens: password resets, and what is the same for all links."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import (
    Database,
    User,
    UserStatus,
    accounts,
    builders,
    one_time_tokens,
    passwords,
    refresh_tokens,
    security_events,
    users,
)
from hangar_dal.accounts import Invitation
from hangar_dal.errors import TokenInvalid, TransactionError, WeakPassword
from hangar_dal.one_time_tokens import IssuedOneTimeToken
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, login_key
from hangar_dal.tokens import new_token
from hangar_dal_pytest import HangarQueries
from tests.helpers import exception_contents
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import ADMIN, LINK_REFUSED, WHERE, fail, failures, kinds, last_event


async def test_a_forgotten_password_is_replaced_and_all_sessions_end(
    database: Database, ada: User, secret: SecretStr
) -> None:
    await accounts.sign_in(database, "ada", secret, **WHERE)
    for _ in range(LOGIN_LIMITS.free):
        await fail(database)
    reset = await accounts.request_password_reset(database, "ADA@example.org", **WHERE)
    assert reset is not None
    assert reset.stored.email == ada.email
    requested = SecurityEventKind.PASSWORD_RESET_REQUESTED
    assert await last_event(database) == (requested, ada.id, None, *WHERE.values())
    chosen = builders.password()
    await accounts.reset_password_with_token(database, reset.token, chosen, **WHERE)
    assert await last_event(database) == (SecurityEventKind.PASSWORD_RESET, ada.id, None, *WHERE.values())
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=ada.id) == 0
    assert await failures(database, login_key("ada")) == 0
    await fail(database, given=secret)
    assert (await accounts.sign_in(database, "ada", chosen, **WHERE)).user.id == ada.id
    with pytest.raises(TokenInvalid, match=LINK_REFUSED):
        await accounts.reset_password_with_token(database, reset.token, builders.password())


async def test_a_request_runs_the_same_statements_for_every_address(
    database: Database, ada: User, invitation: Invitation, hangar_queries: HangarQueries
) -> None:
    suspended = await users.insert_user(database, builders.user(status=UserStatus.SUSPENDED), hashed_password="x")
    seen, issued = [], []
    for address in ("ada@example.org", "nobody@example.org", str(suspended.email), str(invitation.user.email)):
        with hangar_queries() as sent:
            issued.append(await accounts.request_password_reset(database, address))
        seen.append(sent.names)
    assert [one is not None for one in issued] == [True, False, False, False]
    assert seen[0] == [
        "users.find_user_by_email",
        "one_time_tokens.replace_one_time_token",
        "security_events.record_security_event",
    ]
    assert seen == [seen[0]] * 4
    found = [event.user_id for event in reversed(await security_events.list_security_events(database))]
    assert found[-4:] == [ada.id, None, suspended.id, invitation.user.id]


async def test_a_changed_password_makes_the_link_useless(
    database: Database, ada: User, secret: SecretStr, reset: IssuedOneTimeToken
) -> None:
    await accounts.change_password(database, ada.id, old=secret, new=builders.password())
    with pytest.raises(TokenInvalid, match=LINK_REFUSED):
        await accounts.reset_password_with_token(database, reset.token, builders.password())


async def test_a_weak_password_leaves_the_link_usable(database: Database, ada: User, reset: IssuedOneTimeToken) -> None:
    for weak in (SecretStr("short"), SecretStr("ada@example.org")):
        with pytest.raises(WeakPassword):
            await accounts.reset_password_with_token(database, reset.token, weak)
    await accounts.reset_password_with_token(database, reset.token, builders.password())


Spoil = Callable[[Database, User, Clock], Awaitable[Any]]


async def wait(database: Database, user: User, clock: Clock) -> None:
    clock.advance(timedelta(days=30))


SPOILT: dict[str, Spoil] = {
    "expired": wait,
    "deleted": lambda db, user, clock: users.delete_user(db, user.id),
    "suspended": lambda db, user, clock: users.set_user_status(db, user.id, UserStatus.SUSPENDED),
    "another address": lambda db, user, clock: users.update_user(db, user.id, email=f"new.{user.email}"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
async def test_every_link_that_is_not_valid_gets_the_same_answer_without_hashing(
    database: Database,
    clock: Clock,
    ada: User,
    reset: IssuedOneTimeToken,
    invitation: Invitation,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Spoil,
) -> None:
    confirmation = await accounts.request_email_confirmation(database, ada.id)
    for user in (ada, invitation.user):
        await spoil(database, user, clock)
    before = await kinds(database)
    monkeypatch.setattr(passwords, "hash_password", None)
    for call in (
        accounts.reset_password_with_token(database, reset.token, builders.password()),
        accounts.accept_invitation(database, invitation.token, builders.password()),
        accounts.confirm_email(database, confirmation.token),
    ):
        with pytest.raises(TokenInvalid, match=LINK_REFUSED) as caught:
            await call
        assert type(caught.value) is TokenInvalid
    assert await kinds(database) == before


@pytest.mark.parametrize("spoil", ["deleted", "suspended", "another address"])
async def test_a_link_that_is_spoilt_while_the_password_is_hashed_changes_nothing(
    database: Database,
    clock: Clock,
    ada: User,
    secret: SecretStr,
    reset: IssuedOneTimeToken,
    monkeypatch: pytest.MonkeyPatch,
    spoil: str,
) -> None:
    hash_password, login = passwords.hash_password, await users.find_login(database, "ada")

    async def spoilt_meanwhile(*arguments: Any, **named: Any) -> str:
        hashed = await hash_password(*arguments, **named)
        await SPOILT[spoil](database, ada, clock)
        return hashed

    monkeypatch.setattr(passwords, "hash_password", spoilt_meanwhile)
    with pytest.raises(TokenInvalid, match=LINK_REFUSED):
        await accounts.reset_password_with_token(database, reset.token, builders.password())
    found = await users.find_login(database, "ada")
    assert found is None or (login is not None and found.hashed_password == login.hashed_password)
    assert SecurityEventKind.PASSWORD_RESET not in await kinds(database)


@pytest.mark.parametrize(
    "token",
    [new_token(), SecretStr(""), SecretStr("x" * 10_000), SecretStr("\udcff")],
    ids=["unknown", "empty", "long", "surrogate"],
)
async def test_text_that_was_never_a_token_gets_the_same_answer(
    database: Database, reset: IssuedOneTimeToken, token: SecretStr
) -> None:
    for call in (
        accounts.reset_password_with_token(database, token, builders.password()),
        accounts.accept_invitation(database, token, builders.password()),
        accounts.confirm_email(database, token),
    ):
        with pytest.raises(TokenInvalid, match=LINK_REFUSED):
            await call


async def test_a_token_is_of_no_use_for_another_purpose(
    database: Database, ada: User, reset: IssuedOneTimeToken, invitation: Invitation
) -> None:
    confirmation = await accounts.request_email_confirmation(database, ada.id)
    for call in (
        accounts.reset_password_with_token(database, confirmation.token, builders.password()),
        accounts.reset_password_with_token(database, invitation.token, builders.password()),
        accounts.accept_invitation(database, reset.token, builders.password()),
        accounts.confirm_email(database, reset.token),
    ):
        with pytest.raises(TokenInvalid):
            await call
    await accounts.confirm_email(database, confirmation.token)


async def test_of_resets_at_once_with_one_token_one_succeeds(
    database: Database, ada: User, reset: IssuedOneTimeToken
) -> None:
    chosen = [builders.password() for _ in range(8)]
    calls = (accounts.reset_password_with_token(database, reset.token, one) for one in chosen)
    results = await asyncio.gather(*calls, return_exceptions=True)
    [winner] = [index for index, one in enumerate(results) if isinstance(one, User)]
    assert {type(one) for one in results} == {User, TokenInvalid}
    assert (await accounts.sign_in(database, "ada", chosen[winner], **WHERE)).user.id == ada.id
    assert (await kinds(database)).count(SecurityEventKind.PASSWORD_RESET) == 1


async def test_a_request_that_is_rolled_back_leaves_nothing(database: Database, ada: User) -> None:
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            await accounts.request_password_reset(tx, str(ada.email))
            await accounts.invite_user(tx, username="grace", email="grace@example.org", actor_id=ADMIN)
            raise KeyError
    assert await one_time_tokens.list_one_time_tokens(database, ada.id) == []
    assert await users.list_users(database) == [ada]
    assert await kinds(database) == []


async def test_setting_a_password_takes_no_transaction(database: Database, reset: IssuedOneTimeToken) -> None:
    async with database.transaction() as tx:
        given: Any = tx
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "):
            await accounts.reset_password_with_token(given, reset.token, builders.password())


async def test_a_refused_token_and_password_are_in_no_frame_of_the_error(
    database: Database, ada: User, reset: IssuedOneTimeToken
) -> None:
    await accounts.reset_password_with_token(database, reset.token, builders.password())
    chosen = builders.password()
    for call in (
        accounts.reset_password_with_token(database, reset.token, chosen),
        accounts.accept_invitation(database, reset.token, chosen),
        accounts.confirm_email(database, reset.token),
    ):
        with pytest.raises(TokenInvalid) as caught:
            await call
        texts = f"{exception_contents.told(caught.value)}{exception_contents.texts_in_frames(caught.value)}"
        assert reset.token.get_secret_value() not in texts
        assert chosen.get_secret_value() not in texts
