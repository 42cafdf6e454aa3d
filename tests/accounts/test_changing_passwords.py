"""`accounts.change_password` and `reset_password`: the password, the sessions and the event change together."""

import asyncio
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
    accounts,
    builders,
    open_database,
    refresh_tokens,
    sealing,
    security_events,
    sign_in_failures,
    users,
    uuid7,
)
from hangar_dal.errors import InvalidCredentials, NotFound, StatementError, TransactionError, WeakPassword
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, login_key
from hangar_dal_pytest import HangarQueries
from tests.helpers.commands import run_together

WHERE: dict[str, Any] = {"source": "203.0.113.7", "user_agent": "Firefox"}
PROCESSES = 8
# A verification takes some milliseconds, in which the others verify the same password.
SIGN_IN_AND_CHANGE = """
import asyncio, sys
from contextlib import suppress
from uuid import UUID
from argon2 import PasswordHasher
from pydantic import SecretStr
from hangar_dal import ACCOUNTS, Settings, accounts, open_database, passwords
from hangar_dal.errors import InvalidCredentials

async def main():
    passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=16_384, parallelism=1)
    old = SecretStr(sys.argv[2])
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        with suppress(InvalidCredentials):
            await accounts.sign_in(db, "ada", old, source=None)
        number = wait_for_others()
        new = SecretStr(f"{old.get_secret_value()} {number}")
        with suppress(InvalidCredentials):
            await accounts.change_password(db, UUID(sys.argv[3]), old=old, new=new)
            print(new.get_secret_value())

asyncio.run(main())
"""


@pytest.fixture
def old() -> SecretStr:
    return builders.password()


@pytest.fixture
async def ada(database: Database, old: SecretStr) -> User:
    return await users.create_user(database, builders.user(username="ada", email="ada@example.org", password=old))


async def is_password(database: Database, given: SecretStr) -> bool:
    try:
        await users.authenticate(database, "ada", given)
    except InvalidCredentials:
        return False
    return True


async def live(database: Database, user: User) -> int:
    return await refresh_tokens.count_live_refresh_tokens(database, user_id=user.id)


async def test_change_password_ends_the_sessions_and_leaves_an_event(
    database: Database, ada: User, old: SecretStr
) -> None:
    new = builders.password()
    await accounts.sign_in(database, "ada", old, **WHERE)
    await accounts.sign_in(database, "ada", old, **WHERE)
    changed = await accounts.change_password(database, ada.id, old=old, new=new, **WHERE)
    assert changed.id == ada.id
    assert await live(database, ada) == 0
    assert (await is_password(database, new), await is_password(database, old)) == (True, False)
    [event, *_] = await security_events.list_security_events(database, user_id=ada.id)
    assert (event.kind, event.actor_id) == (SecurityEventKind.PASSWORD_CHANGED, None)
    assert (event.source, event.user_agent) == tuple(WHERE.values())


async def test_a_wrong_old_password_is_counted_with_the_sign_ins(database: Database, ada: User, old: SecretStr) -> None:
    await accounts.sign_in(database, "ada", old, **WHERE)
    for given in [*[builders.password() for _ in range(LOGIN_LIMITS.free)], old]:
        with pytest.raises(InvalidCredentials):
            await accounts.change_password(database, ada.id, old=given, new=builders.password(), **WHERE)
    with pytest.raises(InvalidCredentials):
        await accounts.sign_in(database, "ada", old, **WHERE)
    assert await live(database, ada) == 1
    assert await is_password(database, old)


async def test_a_weak_new_password_changes_and_counts_nothing(database: Database, ada: User, old: SecretStr) -> None:
    for weak in ("short", "ada@example.org", "aaaaaaaaaaaaaaaa"):
        with pytest.raises(WeakPassword):
            await accounts.change_password(database, ada.id, old=old, new=SecretStr(weak))
        with pytest.raises(WeakPassword):
            await accounts.reset_password(database, ada.id, new=SecretStr(weak), actor_id=uuid7())
    assert await sign_in_failures.find_sign_in_failures(database, login_key("ada")) is None
    assert await is_password(database, old)


async def test_nothing_changes_if_the_event_cannot_be_stored(
    database: Database, ada: User, old: SecretStr, sql: Any
) -> None:
    await accounts.sign_in(database, "ada", old, **WHERE)
    await sql("ALTER TABLE security_events RENAME TO others")
    for change in (
        accounts.change_password(database, ada.id, old=old, new=builders.password()),
        accounts.reset_password(database, ada.id, new=builders.password(), actor_id=uuid7()),
    ):
        with pytest.raises(StatementError):
            await change
        assert await live(database, ada) == 1
        assert await is_password(database, old)


async def test_an_account_that_is_not_active_or_has_no_password_cannot_change_it(
    database: Database, ada: User, old: SecretStr
) -> None:
    pilot = await users.create_user(database, builders.eve_user())
    await users.set_user_status(database, ada.id, UserStatus.SUSPENDED)
    for user in (pilot, ada):
        with pytest.raises(InvalidCredentials):
            await accounts.change_password(database, user.id, old=old, new=builders.password())
    with pytest.raises(NotFound):
        await accounts.change_password(database, uuid7(), old=old, new=builders.password())


async def test_reset_password_ends_the_sessions_lifts_the_lock_and_names_the_administrator(
    database: Database, ada: User, old: SecretStr
) -> None:
    await accounts.sign_in(database, "ada", old, **WHERE)
    for login in ("ada", "ada@example.org"):
        for _ in range(LOGIN_LIMITS.free):
            await sign_in_failures.count_attempt(database, login_key(login))
    new, actor_id = builders.password(), uuid7()
    await accounts.reset_password(database, ada.id, new=new, actor_id=actor_id, **WHERE)
    assert await live(database, ada) == 0
    [event, *_] = await security_events.list_security_events(database, user_id=ada.id)
    assert (event.kind, event.actor_id) == (SecurityEventKind.PASSWORD_RESET, actor_id)
    for login in ("ada", "ada@example.org"):
        await accounts.sign_in(database, login, new, **WHERE)
    with pytest.raises(NotFound):
        await accounts.reset_password(database, uuid7(), new=new, actor_id=actor_id)


@pytest.mark.parametrize("rounds", [8, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_no_session_that_begins_with_the_old_password_survives_its_change(
    database: Database, ada: User, old: SecretStr, rounds: int
) -> None:
    for _ in range(rounds):
        new = builders.password()
        calls = [
            *(accounts.sign_in(database, "ada", old, source=None) for _ in range(2)),
            accounts.change_password(database, ada.id, old=old, new=new),
        ]
        *signed_in, changed = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(changed, User)
        assert {type(outcome) for outcome in signed_in} <= {accounts.SignedIn, InvalidCredentials}
        assert await live(database, ada) == 0
        await accounts.authenticate(database, "ada", new, source=None)
        old = new


async def test_of_changes_at_once_exactly_one_wins(database: Database, ada: User, old: SecretStr) -> None:
    new = [builders.password() for _ in range(LOGIN_LIMITS.free - 1)]
    outcomes = await asyncio.gather(
        *(accounts.change_password(database, ada.id, old=old, new=one) for one in new), return_exceptions=True
    )
    won = [one for one, outcome in zip(new, outcomes, strict=True) if isinstance(outcome, User)]
    assert [type(outcome) for outcome in outcomes if not isinstance(outcome, User)] == [InvalidCredentials] * 3
    assert [one for one in new if await is_password(database, one)] == won
    assert len(won) == 1


async def test_a_transaction_is_refused(
    database: Database, ada: User, old: SecretStr, hangar_queries: HangarQueries
) -> None:
    async with database.transaction() as tx:
        for call in (
            accounts.change_password(tx, ada.id, old=old, new=builders.password()),
            accounts.reset_password(tx, ada.id, new=builders.password(), actor_id=ada.id),
        ):
            with (
                pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "),
                hangar_queries() as sent,
            ):
                await call
            assert sent.names == []


@pytest.mark.slow
async def test_of_changes_in_many_processes_exactly_one_wins_and_no_session_survives(
    sqlite_url: str, old: SecretStr
) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in the tests above."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS) as db:
        user = await users.create_user(db, builders.user(username="ada", password=old))
        given = old.get_secret_value(), str(user.id)
        printed = run_together(SIGN_IN_AND_CHANGE, sqlite_url, *given, processes=PROCESSES)
        [won] = chain(*printed)
        assert await is_password(db, SecretStr(won))
        assert await live(db, user) == 0
