"""The grace period: a rotation whose answer was lost can be repeated once, until its new token was used."""

from datetime import timedelta

import pytest

from hangar_dal import Database, User, refresh_tokens
from hangar_dal.refresh_tokens import IssuedRefreshToken
from tests.helpers.clock import Clock

GRACE = timedelta(seconds=30)
MICROSECOND = timedelta(microseconds=1)


async def rotate(database: Database, issued: IssuedRefreshToken) -> IssuedRefreshToken | None:
    return await refresh_tokens.rotate_refresh_token(database, issued.token, grace=GRACE)


@pytest.fixture
async def first(database: Database, user: User) -> IssuedRefreshToken:
    return await refresh_tokens.issue_refresh_token(database, user.id)


@pytest.fixture
async def lost(database: Database, first: IssuedRefreshToken) -> IssuedRefreshToken:
    """What a first rotation gave, and the client never got."""
    issued = await rotate(database, first)
    assert issued is not None
    return issued


async def test_a_rotation_whose_answer_was_lost_can_be_repeated(
    database: Database, clock: Clock, user: User, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    clock.advance(GRACE - MICROSECOND)
    second = await rotate(database, first)
    assert second is not None
    assert second.session.family_id == first.session.family_id
    assert second.session.rotated_from == lost.session.jti
    assert await refresh_tokens.list_refresh_tokens(database, user_id=user.id) == [second.session]
    assert await rotate(database, second) is not None


async def test_the_new_token_takes_the_place_of_the_one_that_was_lost(
    database: Database, clock: Clock, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    clock.advance(MICROSECOND)
    assert await rotate(database, first) is not None
    replaced = await refresh_tokens.find_refresh_token(database, lost.token)
    assert replaced == lost.session.model_copy(update={"used_at": clock.now, "revoked_at": clock.now})
    assert await rotate(database, lost) is None


async def test_a_rotation_can_be_repeated_only_once(
    database: Database, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    assert await rotate(database, first) is not None
    assert await rotate(database, first) is None


@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=1)], ids=["just", "long"])
async def test_a_rotation_cannot_be_repeated_after_the_grace_period(
    database: Database, clock: Clock, first: IssuedRefreshToken, lost: IssuedRefreshToken, late: timedelta
) -> None:
    clock.advance(GRACE + late)
    assert await rotate(database, first) is None
    assert await rotate(database, lost) is not None


async def test_a_rotation_cannot_be_repeated_without_a_grace_period(
    database: Database, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    assert await refresh_tokens.rotate_refresh_token(database, first.token) is None


async def test_a_rotation_cannot_be_repeated_after_its_new_token_was_used(
    database: Database, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    third = await rotate(database, lost)
    assert third is not None
    assert await rotate(database, first) is None
    assert await rotate(database, third) is not None


async def test_a_token_that_was_replaced_has_no_grace_period(
    database: Database, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    """Whoever has it got an answer, so another client repeated the rotation: the two must not take turns."""
    second = await rotate(database, first)
    assert second is not None
    assert await rotate(database, lost) is None
    assert await rotate(database, second) is not None


async def test_a_rotation_cannot_be_repeated_after_its_session_was_ended(
    database: Database, user: User, first: IssuedRefreshToken, lost: IssuedRefreshToken
) -> None:
    await refresh_tokens.revoke_sessions(database, user_id=user.id)
    assert await rotate(database, first) is None


async def test_a_rotation_cannot_be_repeated_after_its_new_token_expired(
    database: Database, clock: Clock, first: IssuedRefreshToken
) -> None:
    short = await refresh_tokens.rotate_refresh_token(database, first.token, lifetime=timedelta(seconds=10))
    assert short is not None
    clock.advance(timedelta(seconds=10))
    assert await rotate(database, first) is None


async def test_a_live_or_unknown_token_is_not_affected_by_the_grace_period(
    database: Database, clock: Clock, user: User, first: IssuedRefreshToken
) -> None:
    other = await refresh_tokens.issue_refresh_token(database, user.id)
    await refresh_tokens.revoke_refresh_token(database, user_id=user.id, jti=other.session.jti)
    assert await rotate(database, other) is None
    assert await refresh_tokens.find_refresh_token(database, first.token) == first.session
