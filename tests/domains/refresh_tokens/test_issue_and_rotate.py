"""`issue_refresh_token` and `rotate_refresh_token`: a session is continued by tokens that are each used once."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, refresh_tokens, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, InvalidValue
from hangar_dal.refresh_tokens import LIFETIME, SESSION_LIFETIME, RefreshToken
from hangar_dal.tokens import new_token, token_hash
from tests.helpers.clock import Clock

HOUR = timedelta(hours=1)
WHERE: dict[str, Any] = {"user_agent": "Firefox ж", "source": "2001:db8::7"}
ELSEWHERE: dict[str, Any] = {"user_agent": "Chrome", "source": "203.0.113.7"}


async def test_an_issued_token_begins_a_family_and_says_where_it_was_issued(
    database: Database, clock: Clock, user: User
) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id, **WHERE)
    assert issued.session == RefreshToken(
        jti=issued.session.jti,
        family_id=issued.session.jti,
        user_id=user.id,
        rotated_from=None,
        signed_in_at=clock.now,
        session_ends_at=clock.now + SESSION_LIFETIME,
        issued_at=clock.now,
        used_at=None,
        expires_at=clock.now + LIFETIME,
        revoked_at=None,
        **WHERE,
    )
    assert await refresh_tokens.find_refresh_token(database, issued.token) == issued.session


async def test_a_rotation_continues_the_family_and_uses_the_token(database: Database, clock: Clock, user: User) -> None:
    first = await refresh_tokens.issue_refresh_token(database, user.id, **WHERE)
    began = clock.now
    clock.advance(HOUR)
    second = await refresh_tokens.rotate_refresh_token(database, first.token, **ELSEWHERE)
    assert second is not None
    assert second.token != first.token
    assert second.session == RefreshToken(
        jti=second.session.jti,
        family_id=first.session.jti,
        user_id=user.id,
        rotated_from=first.session.jti,
        signed_in_at=began,
        session_ends_at=began + SESSION_LIFETIME,
        issued_at=clock.now,
        used_at=None,
        expires_at=clock.now + LIFETIME,
        revoked_at=None,
        **ELSEWHERE,
    )
    used = await refresh_tokens.find_refresh_token(database, first.token)
    assert used == first.session.model_copy(update={"used_at": clock.now})
    assert await refresh_tokens.find_refresh_token(database, second.token) == second.session


async def test_a_used_token_cannot_be_rotated_and_changes_nothing(database: Database, user: User) -> None:
    first = await refresh_tokens.issue_refresh_token(database, user.id)
    second = await refresh_tokens.rotate_refresh_token(database, first.token)
    assert second is not None
    assert await refresh_tokens.rotate_refresh_token(database, first.token) is None
    assert await refresh_tokens.find_refresh_token(database, second.token) == second.session
    assert await refresh_tokens.rotate_refresh_token(database, second.token) is not None


async def test_a_token_that_was_never_issued_cannot_be_rotated(database: Database, user: User) -> None:
    await refresh_tokens.issue_refresh_token(database, user.id)
    assert await refresh_tokens.rotate_refresh_token(database, new_token()) is None
    assert await refresh_tokens.find_refresh_token(database, new_token()) is None


async def test_a_token_can_be_rotated_until_it_expires(database: Database, clock: Clock, user: User) -> None:
    early, late = [await refresh_tokens.issue_refresh_token(database, user.id, lifetime=HOUR) for _ in range(2)]
    clock.advance(HOUR - timedelta(microseconds=1))
    assert await refresh_tokens.rotate_refresh_token(database, early.token) is not None
    clock.advance(timedelta(microseconds=1))
    assert await refresh_tokens.rotate_refresh_token(database, late.token) is None
    assert await refresh_tokens.find_refresh_token(database, late.token) == late.session


async def test_a_revoked_token_cannot_be_rotated(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    assert await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=issued.session.jti) == 1
    assert await refresh_tokens.rotate_refresh_token(database, issued.token) is None


async def test_rotations_do_not_prolong_a_session_beyond_its_end(database: Database, clock: Clock, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id, lifetime=3 * HOUR, session_lifetime=5 * HOUR)
    ends = issued.session.session_ends_at
    assert issued.session.expires_at == ends - 2 * HOUR
    for _ in range(2):
        clock.advance(2 * HOUR)
        following = await refresh_tokens.rotate_refresh_token(database, issued.token, lifetime=3 * HOUR)
        assert following is not None
        issued = following
        assert issued.session.expires_at == ends
    clock.now = ends
    assert await refresh_tokens.rotate_refresh_token(database, issued.token) is None


async def test_a_session_shorter_than_a_token_shortens_the_token(database: Database, clock: Clock, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id, session_lifetime=HOUR)
    assert issued.session.expires_at == issued.session.session_ends_at == clock.now + HOUR


async def test_tokens_issued_in_the_same_microsecond_differ(database: Database, clock: Clock, user: User) -> None:
    issued = [await refresh_tokens.issue_refresh_token(database, user.id) for _ in range(20)]
    assert {one.session.issued_at for one in issued} == {clock.now}
    for values in (
        [one.token.get_secret_value() for one in issued],
        [one.session.jti for one in issued],
        [one.session.family_id for one in issued],
    ):
        assert len(set(values)) == 20


async def test_only_the_hash_of_a_token_is_stored(database: Database, user: User, sql: Any) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    [row] = await sql("SELECT * FROM refresh_tokens")
    texts = [str(value) for value in row]
    assert token_hash(issued.token) in texts
    assert issued.token.get_secret_value() not in "".join(texts)
    assert issued.token.get_secret_value() not in f"{issued!r} {issued.model_dump()}"


async def test_a_token_for_nobody_is_refused(database: Database) -> None:
    with pytest.raises(ForeignKeyViolation) as caught:
        await refresh_tokens.issue_refresh_token(database, uuid7())
    assert caught.value.constraint == "refresh_tokens_user_id_fkey"


async def test_a_rotation_that_is_rolled_back_leaves_the_token_live(database: Database, user: User) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            assert await refresh_tokens.rotate_refresh_token(tx, issued.token) is not None
            raise KeyError
    assert await refresh_tokens.rotate_refresh_token(database, issued.token) is not None


async def test_a_users_tokens_go_when_the_user_goes(database: Database, user: User) -> None:
    first = await refresh_tokens.issue_refresh_token(database, user.id)
    second = await refresh_tokens.rotate_refresh_token(database, first.token)
    assert second is not None
    await users.delete_user(database, user.id)
    assert [await refresh_tokens.find_refresh_token(database, one.token) for one in (first, second)] == [None, None]


async def test_tokens_live_within_the_time_that_a_database_can_hold(
    database: Database, clock: Clock, user: User
) -> None:
    clock.now = datetime(1, 1, 1, tzinfo=UTC)
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    grace = timedelta(minutes=1)
    assert await refresh_tokens.rotate_refresh_token(database, issued.token, grace=grace) is not None
    clock.now = datetime(9999, 12, 31, tzinfo=UTC)
    with pytest.raises(InvalidValue, match=r"^session_lifetime: must end before the year 10000$"):
        await refresh_tokens.issue_refresh_token(database, user.id)


Call = Callable[[Database, User, SecretStr], Awaitable[Any]]
REFUSED: dict[str, tuple[Call, str]] = {
    "lifetime of 0": (
        lambda db, user, token: refresh_tokens.issue_refresh_token(db, user.id, lifetime=timedelta(0)),
        "lifetime: must be longer than 0 seconds",
    ),
    "lifetime as int": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token, lifetime=3600),
        "lifetime: expected timedelta, got int",
    ),
    "session lifetime of 0": (
        lambda db, user, token: refresh_tokens.issue_refresh_token(db, user.id, session_lifetime=-HOUR),
        "session_lifetime: must be longer than 0 seconds",
    ),
    "negative grace": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token, grace=-HOUR),
        "grace: must be 0 to 300 seconds",
    ),
    "long grace": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token, grace=HOUR),
        "grace: must be 0 to 300 seconds",
    ),
    "grace as int": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token, grace=10),
        "grace: expected timedelta, got int",
    ),
    "token as str": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token.get_secret_value()),
        "token: expected SecretStr, got str",
    ),
    "user as str": (
        lambda db, user, token: refresh_tokens.issue_refresh_token(db, str(user.id)),
        "user_id: expected uuid.UUID, got str",
    ),
    "long user agent": (
        lambda db, user, token: refresh_tokens.rotate_refresh_token(db, token, user_agent="x" * 513),
        "user_agent: String should have at most 512 characters",
    ),
    "empty source": (
        lambda db, user, token: refresh_tokens.issue_refresh_token(db, user.id, source=""),
        "source: String should have at least 1 character",
    ),
}


async def test_a_bad_argument_is_refused_and_the_token_stays_live(
    database: Database, user: User, subtests: pytest.Subtests
) -> None:
    issued = await refresh_tokens.issue_refresh_token(database, user.id)
    for name, (call, message) in REFUSED.items():
        with subtests.test(name):
            with pytest.raises(InvalidValue) as caught:
                await call(database, user, issued.token)
            assert str(caught.value) == message
            assert await refresh_tokens.list_refresh_tokens(database, user_id=user.id) == [issued.session]
