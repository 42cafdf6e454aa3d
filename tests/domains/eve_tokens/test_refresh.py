"""`claim_eve_token_refresh`, `store_refreshed_eve_token` and `release_eve_token_refresh`: one refresher at a time."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hangar_dal import Database, eve_tokens, users
from hangar_dal.errors import EveTokenLeaseLost, InvalidValue, TransactionError
from hangar_dal.eve_tokens import LEASE, ClaimedEveToken, EveToken, NewEveToken
from tests.helpers.clock import Clock

NewToken = Callable[..., NewEveToken]
TICK = timedelta(microseconds=1)
LOST = (
    r"^the refreshed EVE tokens were not stored: another process claimed the refresh, or the tokens were replaced or "
    r"deleted\. Read the character's tokens again\.$"
)


async def claim(database: Database, token: EveToken, **changes: Any) -> ClaimedEveToken | None:
    given = {"expires_before": token.expires_at, **changes}
    return await eve_tokens.claim_eve_token_refresh(database, token.eve_character_id, **given)


async def store(database: Database, claimed: ClaimedEveToken, **changes: Any) -> EveToken:
    given = {
        "access_token": "new access",
        "refresh_token": "new refresh",
        "expires_at": claimed.expires_at + timedelta(minutes=20),
        **changes,
    }
    return await eve_tokens.store_refreshed_eve_token(database, claimed, **given)


@pytest.fixture
async def claimed(database: Database, stored: EveToken) -> ClaimedEveToken:
    found = await claim(database, stored)
    assert found is not None
    return found


async def test_a_claim_gives_the_tokens_and_its_end(clock: Clock, stored: EveToken, claimed: ClaimedEveToken) -> None:
    assert claimed == ClaimedEveToken(**stored.model_dump(), lease_id=claimed.lease_id, lease_ends_at=clock.now + LEASE)


async def test_a_token_that_is_good_for_longer_is_not_claimed(database: Database, stored: EveToken) -> None:
    assert await claim(database, stored, expires_before=stored.expires_at - TICK) is None
    assert await claim(database, stored) is not None


async def test_a_character_without_tokens_is_not_claimed(database: Database, stored: EveToken) -> None:
    assert await eve_tokens.claim_eve_token_refresh(database, 1, expires_before=stored.expires_at) is None


async def test_a_claimed_refresh_is_claimed_by_nobody_else_and_not_listed(
    database: Database, clock: Clock, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    for _ in range(2):
        assert await claim(database, stored) is None
        assert await eve_tokens.list_expiring_eve_tokens(database, expires_before=stored.expires_at) == []
        clock.now = claimed.lease_ends_at - TICK
    clock.now = claimed.lease_ends_at
    [listed] = await eve_tokens.list_expiring_eve_tokens(database, expires_before=stored.expires_at)
    assert listed.eve_character_id == stored.eve_character_id
    again = await claim(database, stored, lease=timedelta(seconds=5))
    assert again is not None
    assert again.lease_id != claimed.lease_id
    assert again.lease_ends_at == clock.now + timedelta(seconds=5)


async def test_stored_tokens_replace_the_old_ones_and_end_the_claim(
    database: Database, clock: Clock, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    clock.advance(timedelta(seconds=3))
    expires_at = clock.now + timedelta(minutes=20)
    refreshed = await store(database, claimed, expires_at=expires_at)
    changes = {"access_token": "new access", "refresh_token": "new refresh", "expires_at": expires_at}
    assert refreshed == stored.model_copy(update={**changes, "updated_at": clock.now})
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == refreshed
    assert await claim(database, stored) is None  # it needs none now
    assert await claim(database, refreshed) is not None


async def test_a_refresh_keeps_the_scopes_unless_it_gives_others(
    database: Database, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    assert (await store(database, claimed, expires_at=stored.expires_at)).scopes == stored.scopes
    again = await claim(database, stored)
    assert again is not None
    assert (await store(database, again, scopes=[])).scopes == []


async def test_a_released_claim_can_be_claimed_at_once(
    database: Database, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    assert await eve_tokens.release_eve_token_refresh(database, claimed) is True
    assert await eve_tokens.release_eve_token_refresh(database, claimed) is False
    again = await claim(database, stored)
    assert again is not None
    assert await eve_tokens.release_eve_token_refresh(database, claimed) is False
    assert await claim(database, stored) is None


async def test_a_claim_that_ended_by_itself_stores_until_another_takes_over(
    database: Database, clock: Clock, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    clock.now = claimed.lease_ends_at + LEASE
    assert (await store(database, claimed)).refresh_token == "new refresh"


End = Callable[[Database, ClaimedEveToken, NewToken, Clock], Awaitable[Any]]


async def take_over(database: Database, claimed: ClaimedEveToken, new_token: NewToken, clock: Clock) -> None:
    clock.now = claimed.lease_ends_at
    assert await claim(database, claimed) is not None


async def sign_in(database: Database, claimed: ClaimedEveToken, new_token: NewToken, clock: Clock) -> None:
    await eve_tokens.upsert_eve_token(database, new_token(eve_character_id=claimed.eve_character_id))


ENDS: dict[str, End] = {
    "taken over": take_over,
    "stored": lambda db, claimed, new_token, clock: store(db, claimed),
    "released": lambda db, claimed, new_token, clock: eve_tokens.release_eve_token_refresh(db, claimed),
    "signed in again": sign_in,
    "deleted": lambda db, claimed, new_token, clock: eve_tokens.delete_eve_tokens(db, user_id=claimed.user_id),
    "user deleted": lambda db, claimed, new_token, clock: users.delete_user(db, claimed.user_id),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
async def test_nobody_stores_after_the_claim_was_lost(
    database: Database, clock: Clock, claimed: ClaimedEveToken, new_token: NewToken, end: End
) -> None:
    await end(database, claimed, new_token, clock)
    before = await eve_tokens.find_eve_token(database, claimed.eve_character_id)
    with pytest.raises(EveTokenLeaseLost, match=LOST):
        await store(database, claimed, access_token="stale", refresh_token="stale")
    assert await eve_tokens.find_eve_token(database, claimed.eve_character_id) == before


async def test_a_claim_is_refused_inside_a_transaction(database: Database, stored: EveToken) -> None:
    async with database.transaction() as tx:
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; other processes see a"):
            await claim(tx, stored)  # type: ignore[arg-type]  # the wrong type is the point
    assert await claim(database, stored) is not None


async def test_storing_can_be_part_of_a_transaction(
    database: Database, stored: EveToken, claimed: ClaimedEveToken
) -> None:
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            await eve_tokens.store_refreshed_eve_token(
                tx, claimed, access_token="a", refresh_token="r", expires_at=stored.expires_at
            )
            raise KeyError
    assert await eve_tokens.find_eve_token(database, stored.eve_character_id) == stored
    assert (await store(database, claimed)).refresh_token == "new refresh"


ANYTHING: Any = "1"
Call = Callable[[Database, ClaimedEveToken], Awaitable[Any]]
REFUSED: dict[str, tuple[Call, str]] = {
    "lease of 0": (lambda db, one: claim(db, one, lease=timedelta(0)), "lease: must be longer than 0 seconds"),
    "lease as int": (lambda db, one: claim(db, one, lease=60), "lease: expected timedelta, got int"),
    "endless lease": (lambda db, one: claim(db, one, lease=timedelta.max), "lease: must end before the year 10000"),
    "naive instant": (
        lambda db, one: claim(db, one, expires_before=datetime(2031, 1, 1)),  # noqa: DTZ001
        "expires_before: a datetime must be aware; give it a time zone, such as datetime.UTC",
    ),
    "character as str": (
        lambda db, one: eve_tokens.claim_eve_token_refresh(
            db, ANYTHING, expires_before=datetime.max.replace(tzinfo=UTC)
        ),
        "eve_character_id: expected int, got str",
    ),
    "empty token": (
        lambda db, one: store(db, one, refresh_token=""),
        "refresh_token: String should have at least 1 character",
    ),
    "token as None": (lambda db, one: store(db, one, access_token=None), "access_token: must not be None"),
    "store without a claim": (
        lambda db, one: eve_tokens.store_refreshed_eve_token(
            db, ANYTHING, access_token="a", refresh_token="r", expires_at=one.expires_at
        ),
        "claimed: expected ClaimedEveToken, got str",
    ),
    "release without a claim": (
        lambda db, one: eve_tokens.release_eve_token_refresh(db, ANYTHING),
        "claimed: expected ClaimedEveToken, got str",
    ),
}


async def test_a_bad_argument_is_refused_and_the_claim_stays(
    database: Database, claimed: ClaimedEveToken, subtests: pytest.Subtests
) -> None:
    for name, (call, message) in REFUSED.items():
        with subtests.test(name):
            with pytest.raises(InvalidValue) as caught:
                await call(database, claimed)
            assert str(caught.value) == message
    assert (await store(database, claimed)).refresh_token == "new refresh"
