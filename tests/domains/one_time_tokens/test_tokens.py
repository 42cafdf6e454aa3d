"""One-time tokens: each works once, for its purpose, until it expires or a newer one takes its place."""

import asyncio
from datetime import timedelta
from itertools import chain
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import (
    ACCOUNTS,
    Database,
    Settings,
    User,
    UserStatus,
    builders,
    one_time_tokens,
    open_database,
    sealing,
    users,
    uuid7,
)
from hangar_dal.errors import InvalidValue
from hangar_dal.one_time_tokens import LIFETIMES, ConfirmedEmail, IssuedOneTimeToken, OneTimeToken, TokenPurpose
from hangar_dal.tokens import new_token, token_hash
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

CONFIRM, RESET, INVITE = TokenPurpose.EMAIL_CONFIRMATION, TokenPurpose.PASSWORD_RESET, TokenPurpose.INVITATION
AT_ONCE, PROCESSES, TOKENS = 64, 8, 20
USE = """
import asyncio, sys
from hangar_dal import ACCOUNTS, Settings, one_time_tokens, open_database

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        purpose = one_time_tokens.TokenPurpose.PASSWORD_RESET
        for one in sys.argv[2:]:
            if await one_time_tokens.use_one_time_token(db, purpose=purpose, token_hash=one):
                print(one)

asyncio.run(main())
"""


@pytest.fixture
async def user(database: Database) -> User:
    return await users.insert_user(database, builders.user(), hashed_password="x")


async def issue(database: Database, user: User, purpose: TokenPurpose = RESET, **changes: Any) -> IssuedOneTimeToken:
    issued = await one_time_tokens.issue_one_time_token(database, user.id, purpose, email=str(user.email), **changes)
    assert issued is not None
    return issued


async def use(database: Database, token: SecretStr, purpose: TokenPurpose = RESET) -> OneTimeToken | None:
    return await one_time_tokens.use_one_time_token(database, purpose=purpose, token_hash=token_hash(token))


async def find(database: Database, token: SecretStr, purpose: TokenPurpose = RESET) -> OneTimeToken | None:
    return await one_time_tokens.find_live_one_time_token(database, purpose=purpose, token_hash=token_hash(token))


@pytest.mark.parametrize("purpose", [CONFIRM, RESET])
async def test_a_token_works_once(database: Database, clock: Clock, user: User, purpose: TokenPurpose) -> None:
    issued = await issue(database, user, purpose)
    expected = OneTimeToken(
        user_id=user.id,
        purpose=purpose,
        email=str(user.email),
        issued_at=clock.now,
        expires_at=clock.now + LIFETIMES[purpose],
        used_at=None,
    )
    assert issued.stored == await find(database, issued.token, purpose) == expected
    clock.advance(timedelta(seconds=1))
    used = expected.model_copy(update={"used_at": clock.now})
    assert await use(database, issued.token, purpose) == used
    assert await use(database, issued.token, purpose) is None
    assert await find(database, issued.token, purpose) is None
    assert await one_time_tokens.list_one_time_tokens(database, user.id) == [used]


async def test_a_token_works_only_for_its_purpose(database: Database, user: User) -> None:
    issued = await issue(database, user, CONFIRM)
    for other in (RESET, INVITE):
        assert await use(database, issued.token, other) is None
        assert await find(database, issued.token, other) is None
    assert await use(database, issued.token, CONFIRM)


async def test_a_token_that_was_never_issued_is_unknown(database: Database, user: User) -> None:
    await issue(database, user)
    assert await use(database, new_token()) is None
    assert await find(database, new_token()) is None


async def test_a_token_works_until_it_expires(database: Database, clock: Clock, user: User) -> None:
    issued = await issue(database, user, lifetime=timedelta(minutes=5))
    clock.advance(timedelta(minutes=5))
    assert await find(database, issued.token) is await use(database, issued.token) is None
    clock.advance(-timedelta(microseconds=1))
    assert await find(database, issued.token)
    assert await use(database, issued.token)


async def test_a_new_token_takes_the_place_of_the_one_with_the_same_purpose(database: Database, user: User) -> None:
    other = await issue(database, user, CONFIRM)
    first = await issue(database, user)
    second = await issue(database, user)
    assert await use(database, first.token) is None
    assert await use(database, second.token)
    third = await issue(database, user)
    assert await use(database, third.token)
    assert await use(database, other.token, CONFIRM)
    assert len(await one_time_tokens.list_one_time_tokens(database, user.id)) == 2


async def test_only_a_user_with_this_address_and_the_right_status_gets_a_token(
    database: Database, user: User, sql: Any
) -> None:
    given: dict[str, Any] = {"email": str(user.email)}
    refused = [
        (uuid7(), RESET, given),
        (user.id, RESET, {"email": "another@example.org"}),
        (user.id, INVITE, given),
    ]
    for user_id, purpose, email in refused:
        assert await one_time_tokens.issue_one_time_token(database, user_id, purpose, **email) is None
    for status in UserStatus:
        await users.set_user_status(database, user.id, status)
        got = {
            purpose
            for purpose in TokenPurpose
            if await one_time_tokens.issue_one_time_token(database, user.id, purpose, **given)
        }
        expected = {UserStatus.ACTIVE: {CONFIRM, RESET}, UserStatus.INACTIVE: {INVITE}}
        assert got == expected.get(status, set())


async def test_only_the_hash_of_a_token_is_stored(database: Database, user: User, sql: Any) -> None:
    issued = await issue(database, user)
    stored = str(await sql("SELECT * FROM one_time_tokens"))
    assert token_hash(issued.token) in stored
    assert issued.token.get_secret_value() not in f"{stored}{issued!r}{issued}"


async def test_a_users_tokens_go_when_the_user_goes(database: Database, user: User, sql: Any) -> None:
    await issue(database, user)
    await one_time_tokens.store_confirmed_email(database, user_id=user.id, email=str(user.email))
    await users.delete_user(database, user.id)
    assert await sql("SELECT * FROM one_time_tokens") == await sql("SELECT * FROM confirmed_emails") == []


async def test_tokens_of_a_user_can_be_deleted(database: Database, user: User) -> None:
    confirm, reset = await issue(database, user, CONFIRM), await issue(database, user)
    assert await one_time_tokens.delete_password_tokens(database, user.id) == 1
    assert await find(database, reset.token) is None
    assert await find(database, confirm.token, CONFIRM)
    assert await one_time_tokens.delete_one_time_tokens(database, user.id) == 1
    assert await one_time_tokens.list_one_time_tokens(database, user.id) == []


async def test_the_purge_deletes_what_has_expired_in_batches(database: Database, clock: Clock) -> None:
    for number in range(5):
        one = await users.insert_user(database, builders.user(), hashed_password="x")
        await issue(database, one, lifetime=timedelta(minutes=1 + number))
    clock.advance(timedelta(minutes=4))
    seen: list[int] = []
    assert await one_time_tokens.purge_expired_one_time_tokens(database, batch_size=3, progress=seen.append) == 4
    assert seen == [3, 4]
    [left] = await one_time_tokens.list_one_time_tokens(database, one.id)
    assert left.expires_at == clock.now + timedelta(minutes=1)


async def test_a_confirmed_address_takes_the_place_of_the_one_before(
    database: Database, clock: Clock, user: User
) -> None:
    assert await one_time_tokens.find_confirmed_email(database, user.id) is None
    for address in ("old@example.org", "new@example.org"):
        clock.advance(timedelta(seconds=1))
        stored = await one_time_tokens.store_confirmed_email(database, user_id=user.id, email=address)
        assert stored == ConfirmedEmail(user_id=user.id, email=address, confirmed_at=clock.now)
        assert await one_time_tokens.find_confirmed_email(database, user.id) == stored


@pytest.mark.parametrize(
    ("lifetime", "message"),
    [
        (timedelta(0), "lifetime: must be longer than 0 seconds"),
        (60, "lifetime: expected timedelta, got int"),
        (timedelta.max, "lifetime: must end before the year 10000"),
    ],
    ids=["none", "int", "too long"],
)
async def test_a_lifetime_that_cannot_be_is_refused(
    database: Database, user: User, lifetime: Any, message: str
) -> None:
    with pytest.raises(InvalidValue) as caught:
        await issue(database, user, lifetime=lifetime)
    assert str(caught.value) == message


@pytest.mark.parametrize("rounds", [3, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_64_uses_at_once_one_succeeds(database: Database, user: User, rounds: int) -> None:
    for _ in range(rounds):
        issued = await issue(database, user)
        results = await asyncio.gather(*(use(database, issued.token) for _ in range(AT_ONCE)))
        assert sum(one is not None for one in results) == 1


async def test_of_tokens_that_are_issued_at_once_one_works(database: Database, user: User) -> None:
    issued = await asyncio.gather(*(issue(database, user) for _ in range(16)))
    assert len({one.token.get_secret_value() for one in issued}) == 16
    assert sum([await use(database, one.token) is not None for one in issued]) == 1


@pytest.mark.slow
async def test_of_uses_in_many_processes_one_succeeds(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in every test above."""
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS) as db:
        owners = [await users.insert_user(db, builders.user(), hashed_password="x") for _ in range(TOKENS)]
        hashes = [token_hash((await issue(db, owner)).token) for owner in owners]
    used = run_together(USE, sqlite_url, *hashes, processes=PROCESSES)
    assert sorted(chain(*used)) == sorted(hashes)
