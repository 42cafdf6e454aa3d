"""How `accounts.sign_in` and `authenticate` stop guessing: the same work for all failures, counts and locks."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from hangar_dal import (
    Database,
    User,
    UserStatus,
    accounts,
    builders,
    passwords,
    refresh_tokens,
    sign_in_failures,
    users,
)
from hangar_dal.errors import HashingBusy, InvalidCredentials
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, SOURCE_LIMITS, login_key, source_key
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import REFUSED, WHERE, WRONG, fail, failures, kinds

Sql = Callable[[str], Awaitable[list[Any]]]


class Counted(PasswordHasher):
    """Counts what is verified and hashed."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.calls: list[str] = []

    def verify(self, *arguments: Any) -> Any:
        self.calls.append("verify")
        return super().verify(*arguments)

    def hash(self, *arguments: Any, **named: Any) -> Any:
        self.calls.append("hash")
        return super().hash(*arguments, **named)


@pytest.mark.parametrize("call", [accounts.sign_in, accounts.authenticate], ids=["sign_in", "authenticate"])
async def test_unknown_wrong_locked_and_suspended_take_the_same_statements_and_hashing(
    database: Database,
    secret: SecretStr,
    ada: User,
    hangar_queries: HangarQueries,
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[..., Awaitable[Any]],
) -> None:
    others = {status: builders.user(password=secret, status=status) for status in UserStatus if status != "ACTIVE"}
    locked = builders.user(password=secret)
    for other in (locked, *others.values()):
        await users.create_user(database, other)
    for login in (str(locked.username), "locked nobody"):
        for _ in range(LOGIN_LIMITS.free):
            await fail(database, login)
    for _ in range(SOURCE_LIMITS.free):
        await sign_in_failures.count_attempt(database, source_key("locked source"), SOURCE_LIMITS)
    hasher = Counted()
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    seen = {}
    for name, login, given, source in (
        ("unknown", "nobody", secret, "a"),
        ("wrong", "ada", WRONG, "a"),
        ("locked", str(locked.username), secret, "a"),
        ("locked and wrong", str(locked.username), WRONG, "a"),
        ("locked and unknown", "locked nobody", secret, "a"),
        ("locked source", "ada", secret, "locked source"),
        ("too long", "ada", SecretStr("x" * 1000), "a"),
        *((str(status), str(other.username), secret, "a") for status, other in others.items()),
    ):
        hasher.calls.clear()
        with pytest.raises(InvalidCredentials, match=REFUSED), hangar_queries() as sent:
            await call(database, login, given, source=source)
        seen[name] = [*sent.names, *hasher.calls]
    assert seen["unknown"] == [
        "sign_in_failures.insert_or_count_attempt",
        "sign_in_failures.insert_or_count_attempt",
        "users.find_login_by_username",
        "security_events.record_security_event",
        "verify",
    ]
    assert {name: calls for name, calls in seen.items() if calls != seen["unknown"]} == {}


async def test_five_failures_lock_a_login_and_then_the_right_password_fails_too(
    database: Database, clock: Clock, ada: User, secret: SecretStr
) -> None:
    for _ in range(LOGIN_LIMITS.free):
        await fail(database)
    await fail(database, given=secret)
    failed, locked = SecurityEventKind.SIGN_IN_FAILED, SecurityEventKind.LOCKED
    assert await kinds(database) == [failed, failed, failed, failed, locked, failed]
    clock.advance(LOGIN_LIMITS.locks[0])
    assert (await accounts.sign_in(database, "ada", secret, **WHERE)).user.id == ada.id
    assert await sign_in_failures.find_sign_in_failures(database, login_key("ada")) is None
    for _ in range(LOGIN_LIMITS.free - 1):
        await fail(database)
    await accounts.authenticate(database, "ada", secret, **WHERE)


async def test_an_unknown_login_is_locked_in_the_same_way(database: Database) -> None:
    for _ in range(LOGIN_LIMITS.free + 1):
        await fail(database, "nobody")
    failed, locked = SecurityEventKind.SIGN_IN_FAILED, SecurityEventKind.LOCKED
    assert await kinds(database) == [failed, failed, failed, failed, locked, failed]


async def test_a_success_takes_only_its_own_attempt_back_from_the_source(
    database: Database, ada: User, secret: SecretStr
) -> None:
    await fail(database, "nobody")
    for _ in range(3):
        await accounts.sign_in(database, "ada", secret, **WHERE)
    assert await failures(database, source_key(WHERE["source"])) == 1


async def test_a_locked_source_is_refused_and_locks_no_login(
    database: Database, clock: Clock, ada: User, secret: SecretStr
) -> None:
    for _ in range(SOURCE_LIMITS.free):
        await sign_in_failures.count_attempt(database, source_key(WHERE["source"]), SOURCE_LIMITS)
    for _ in range(LOGIN_LIMITS.free):
        await fail(database, given=secret)
    assert await failures(database, login_key("ada")) == 0
    await accounts.sign_in(database, "ada", secret, source="198.51.100.1")
    clock.advance(SOURCE_LIMITS.locks[0])
    await accounts.sign_in(database, "ada", secret, **WHERE)


async def test_without_a_source_only_the_login_is_counted(database: Database, ada: User, sql: Sql) -> None:
    await fail(database, source=None)
    assert [row[0] for row in await sql("SELECT key FROM sign_in_failures")] == [login_key("ada")]


async def test_of_64_guesses_at_once_only_the_free_ones_are_compared(
    database: Database, ada: User, secret: SecretStr
) -> None:
    guesses = [accounts.authenticate(database, "ada", WRONG, source=None) for _ in range(64)]
    refused = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(error) for error in refused} == {InvalidCredentials}
    assert await failures(database, login_key("ada")) == LOGIN_LIMITS.free
    found = await kinds(database)
    assert len(found) == 50  # a page
    await fail(database, given=secret)


async def test_64_sign_ins_at_once_count_nothing_if_all_succeed(
    database: Database, ada: User, secret: SecretStr, sql: Sql
) -> None:
    """As many at once as are free for a login; then the next, until 64 have signed in."""
    for _ in range(64 // (LOGIN_LIMITS.free - 1)):
        await asyncio.gather(
            *(accounts.sign_in(database, "ada", secret, **WHERE) for _ in range(LOGIN_LIMITS.free - 1))
        )
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=ada.id) == 64
    assert await failures(database, source_key(WHERE["source"])) == 0
    assert await failures(database, login_key("ada")) == 0


class Waiting(PasswordHasher):
    """Compares nothing before it may."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.may = threading.Event()

    def verify(self, *arguments: Any) -> Any:
        self.may.wait()
        return super().verify(*arguments)


async def test_an_attempt_that_finds_no_place_to_be_hashed_is_not_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hasher = Waiting()
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    logins = [f"pilot {number}" for number in range(passwords.THREADS + passwords.MAX_WAITING + 10)]

    async def attempt(login: str) -> bool:
        """Whether the password was compared."""
        try:
            await accounts.sign_in(database, login, WRONG, **WHERE)
        except HashingBusy:
            hasher.may.set()
            return False
        except InvalidCredentials:
            pass
        return True

    try:
        compared = await asyncio.gather(*(attempt(login) for login in logins))
    finally:
        hasher.may.set()
    assert False in compared
    assert await failures(database, source_key(WHERE["source"])) == sum(compared)
    assert [bool(await failures(database, login_key(login))) for login in logins] == compared
