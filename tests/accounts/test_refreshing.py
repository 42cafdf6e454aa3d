"""`accounts.refresh`, `sign_out` and `sign_out_everywhere`: sessions, and the events that they leave."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, UserStatus, accounts, builders, refresh_tokens, security_events, users, uuid7
from hangar_dal.errors import InvalidValue, TokenInvalid, TokenReused, TransactionError
from hangar_dal.refresh_tokens import IssuedRefreshToken, RefreshToken
from hangar_dal.security_events import SecurityEvent, SecurityEventKind
from hangar_dal.tokens import new_token
from tests.helpers import exception_contents
from tests.helpers.clock import Clock

GRACE = timedelta(seconds=30)
WHERE: dict[str, Any] = {"user_agent": "Firefox", "source": "2001:db8::7"}
REFUSED = r"^the token is not valid; sign in again$"
REUSED = r"^the token was used before, so someone may have copied it; its session has ended, sign in again$"


@pytest.fixture
async def issued(database: Database, user: User) -> IssuedRefreshToken:
    return await refresh_tokens.issue_refresh_token(database, user.id)


async def active(database: Database, user: User) -> list[RefreshToken]:
    return await refresh_tokens.list_refresh_tokens(database, user_id=user.id)


async def events(database: Database) -> list[SecurityEvent]:
    return await security_events.list_security_events(database)


def event(kind: SecurityEventKind, user: User, clock: Clock, seen: SecurityEvent, **changes: Any) -> SecurityEvent:
    given: dict[str, Any] = {"actor_id": None, "source": None, "user_agent": None, **changes}
    return SecurityEvent(id=seen.id, kind=kind, user_id=user.id, occurred_at=clock.now, **given)


async def test_refresh_returns_the_user_and_the_next_token(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken
) -> None:
    clock.advance(timedelta(hours=1))
    signed_in = await accounts.refresh(database, issued.token, lifetime=timedelta(days=7), **WHERE)
    assert signed_in.user == user
    assert signed_in.refresh_token != issued.token
    assert signed_in.session.rotated_from == issued.session.jti
    assert signed_in.session.expires_at == clock.now + timedelta(days=7)
    assert (signed_in.session.user_agent, signed_in.session.source) == (WHERE["user_agent"], WHERE["source"])
    assert await active(database, user) == [signed_in.session]
    assert (await accounts.refresh(database, signed_in.refresh_token)).user == user
    assert await events(database) == []


async def test_a_reused_token_ends_its_session_and_leaves_an_event(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken
) -> None:
    other = await refresh_tokens.issue_refresh_token(database, user.id)
    signed_in = await accounts.refresh(database, issued.token)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TokenReused, match=REUSED):
        await accounts.refresh(database, issued.token, **WHERE)
    assert await active(database, user) == [other.session]
    [left] = await events(database)
    assert left == event(SecurityEventKind.TOKEN_REUSED, user, clock, left, **WHERE)
    with pytest.raises(TokenInvalid, match=REFUSED):
        await accounts.refresh(database, signed_in.refresh_token)


async def test_a_token_that_is_reused_again_leaves_no_second_event(
    database: Database, issued: IssuedRefreshToken
) -> None:
    await accounts.refresh(database, issued.token)
    for _ in range(3):
        with pytest.raises(TokenReused):
            await accounts.refresh(database, issued.token)
        assert len(await events(database)) == 1


async def test_a_token_that_is_reused_after_the_session_was_ended_leaves_an_event(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    signed_in = await accounts.refresh(database, issued.token)
    await accounts.sign_out(database, signed_in.refresh_token)
    with pytest.raises(TokenReused):
        await accounts.refresh(database, issued.token)
    kinds = {one.kind for one in await events(database)}
    assert kinds == {SecurityEventKind.SIGNED_OUT, SecurityEventKind.TOKEN_REUSED}


async def test_a_used_token_ends_its_session_even_after_it_has_expired(
    database: Database, clock: Clock, user: User
) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id, lifetime=timedelta(hours=1))
    await accounts.refresh(database, issued.token)
    clock.advance(timedelta(hours=1))
    with pytest.raises(TokenReused):
        await accounts.refresh(database, issued.token)
    assert await active(database, user) == []


Spoil = Callable[[Database, User, IssuedRefreshToken, Clock], Awaitable[Any]]


async def expire(database: Database, user: User, issued: IssuedRefreshToken, clock: Clock) -> None:
    clock.now = issued.session.expires_at


SPOILT: dict[str, Spoil] = {
    "expired": expire,
    "revoked": lambda db, user, issued, clock: refresh_tokens.revoke_sessions(db, user_id=user.id),
    "deleted": lambda db, user, issued, clock: users.delete_user(db, user.id),
    "suspended": lambda db, user, issued, clock: users.set_user_status(db, user.id, UserStatus.SUSPENDED),
    "inactive": lambda db, user, issued, clock: users.set_user_status(db, user.id, UserStatus.INACTIVE),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
async def test_every_token_that_is_not_valid_gets_the_same_answer(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken, spoil: Spoil
) -> None:
    await spoil(database, user, issued, clock)
    before = await refresh_tokens.find_refresh_token(database, issued.token)
    with pytest.raises(TokenInvalid, match=REFUSED) as caught:
        await accounts.refresh(database, issued.token)
    assert type(caught.value) is TokenInvalid
    assert await refresh_tokens.find_refresh_token(database, issued.token) == before
    assert await events(database) == []


async def test_text_that_was_never_a_token_gets_the_same_answer_too(
    database: Database, subtests: pytest.Subtests
) -> None:
    for text in ("", "x" * 10_000, "\0", "\N{LATIN SMALL LETTER E WITH ACUTE}", "\udcff", "' OR 1=1"):
        with subtests.test(text=ascii(text[:10])):
            with pytest.raises(TokenInvalid, match=REFUSED):
                await accounts.refresh(database, SecretStr(text))
            assert await accounts.sign_out(database, SecretStr(text)) is False


async def test_a_user_who_is_active_again_can_refresh_the_same_token(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    await users.set_user_status(database, user.id, UserStatus.SUSPENDED)
    with pytest.raises(TokenInvalid):
        await accounts.refresh(database, issued.token)
    await users.set_user_status(database, user.id, UserStatus.ACTIVE)
    assert (await accounts.refresh(database, issued.token)).user.id == user.id


async def test_refresh_repeats_a_rotation_whose_answer_was_lost(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    await accounts.refresh(database, issued.token, grace=GRACE)
    again = await accounts.refresh(database, issued.token, grace=GRACE)
    assert await active(database, user) == [again.session]
    assert await events(database) == []
    with pytest.raises(TokenReused):
        await accounts.refresh(database, issued.token, grace=GRACE)
    assert await active(database, user) == []


async def test_two_clients_with_copies_of_one_session_are_noticed_in_the_grace_period(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken
) -> None:
    """Whichever of the two is the thief: the session ends when the one whose token was replaced comes back."""
    one = await accounts.refresh(database, issued.token, grace=GRACE)
    other = await accounts.refresh(database, issued.token, grace=GRACE)
    with pytest.raises(TokenReused):
        await accounts.refresh(database, one.refresh_token, grace=GRACE)
    assert await active(database, user) == []
    assert [seen.kind for seen in await events(database)] == [SecurityEventKind.TOKEN_REUSED]
    with pytest.raises(TokenInvalid):
        await accounts.refresh(database, other.refresh_token, grace=GRACE)


async def test_of_64_refreshes_at_once_one_wins_and_the_others_end_the_session(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    calls = [accounts.refresh(database, issued.token) for _ in range(64)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["SignedIn", *["TokenReused"] * 63]
    assert await active(database, user) == []
    assert [seen.kind for seen in await events(database)] == [SecurityEventKind.TOKEN_REUSED]


async def test_refresh_takes_no_transaction(database: Database, issued: IssuedRefreshToken) -> None:
    async with database.transaction() as tx:
        wrong: Any = tx
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "):
            await accounts.refresh(wrong, issued.token)
    assert (await accounts.refresh(database, issued.token)).session.rotated_from == issued.session.jti


async def test_a_token_as_str_is_refused(database: Database, issued: IssuedRefreshToken) -> None:
    text: Any = issued.token.get_secret_value()
    for call in (accounts.refresh, accounts.sign_out):
        with pytest.raises(InvalidValue, match=r"^token: expected SecretStr, got str$"):
            await call(database, text)


async def test_an_error_about_a_token_does_not_show_it(database: Database, issued: IssuedRefreshToken) -> None:
    await accounts.refresh(database, issued.token)
    for token in (issued.token, new_token()):
        with pytest.raises(TokenInvalid) as caught:
            await accounts.refresh(database, token)
        shown = exception_contents.told(caught.value) + exception_contents.texts_in_frames(caught.value)
        assert token.get_secret_value() not in shown


async def test_what_a_refresh_returns_does_not_show_the_token(database: Database, issued: IssuedRefreshToken) -> None:
    signed_in = await accounts.refresh(database, issued.token)
    token = signed_in.refresh_token.get_secret_value()
    assert token not in f"{signed_in!r} {signed_in} {signed_in.model_dump()} {signed_in.model_dump_json()}"


async def test_sign_out_ends_the_session_once_and_leaves_an_event(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken
) -> None:
    other = await refresh_tokens.issue_refresh_token(database, user.id)
    assert await accounts.sign_out(database, issued.token, **WHERE) is True
    assert await active(database, user) == [other.session]
    [left] = await events(database)
    assert left == event(SecurityEventKind.SIGNED_OUT, user, clock, left, **WHERE)
    assert await accounts.sign_out(database, issued.token) is False
    assert await accounts.sign_out(database, new_token()) is False
    assert await events(database) == [left]
    with pytest.raises(TokenInvalid):
        await accounts.refresh(database, issued.token)


async def test_sign_out_with_a_used_token_ends_the_session_too(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    await accounts.refresh(database, issued.token)
    assert await accounts.sign_out(database, issued.token) is True
    assert await active(database, user) == []


async def test_sign_out_everywhere_ends_the_sessions_of_one_user_and_leaves_one_event(
    database: Database, clock: Clock, user: User, issued: IssuedRefreshToken
) -> None:
    await refresh_tokens.issue_refresh_token(database, user.id)
    other = await users.insert_user(database, builders.eve_user(), hashed_password=None)
    kept = await refresh_tokens.issue_refresh_token(database, other.id)
    administrator = uuid7()
    assert await accounts.sign_out_everywhere(database, user.id, actor_id=administrator, **WHERE) == 2
    assert await active(database, user) == []
    assert await active(database, other) == [kept.session]
    [left] = await events(database)
    assert left == event(SecurityEventKind.SIGNED_OUT, user, clock, left, actor_id=administrator, **WHERE)
    assert await accounts.sign_out_everywhere(database, user.id) == 0
    assert await events(database) == [left]


async def test_a_sign_out_that_is_rolled_back_leaves_nothing(
    database: Database, user: User, issued: IssuedRefreshToken
) -> None:
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            assert await accounts.sign_out(tx, issued.token) is True
            assert await accounts.sign_out_everywhere(tx, user.id) == 0
            raise KeyError
    assert await active(database, user) == [issued.session]
    assert await events(database) == []


@pytest.mark.parametrize("where", [{"user_agent": 7}, {"source": ""}], ids=["user agent", "source"])
async def test_a_bad_origin_is_refused_and_changes_nothing(
    database: Database, user: User, issued: IssuedRefreshToken, where: dict[str, Any]
) -> None:
    for call in (
        accounts.refresh(database, issued.token, **where),
        accounts.sign_out(database, issued.token, **where),
        accounts.sign_out_everywhere(database, user.id, **where),
    ):
        with pytest.raises(InvalidValue, match=rf"^{next(iter(where))}: (String should have|expected str, got int$)"):
            await call
    assert await active(database, user) == [issued.session]
    assert await events(database) == []
