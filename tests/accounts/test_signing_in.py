"""`accounts.sign_in` and `authenticate`: what they return, what they store, and how they stop guessing."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from clock import Clock
from hangar_dal import (
    Database,
    NewUser,
    User,
    UserStatus,
    accounts,
    passwords,
    refresh_tokens,
    security_events,
    sign_in_failures,
    users,
)
from hangar_dal.errors import HashingBusy, InvalidCredentials, InvalidValue, TransactionError
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, SOURCE_LIMITS, login_key, source_key
from samples import local_user, password

Sql = Callable[[str], Awaitable[list[Any]]]
WHERE: dict[str, Any] = {"source": "203.0.113.7", "user_agent": "Firefox"}
REFUSED = r"^the login or the password is wrong, or too many attempts have failed; try again later$"
WRONG = SecretStr("wrong horse battery staple")


@pytest.fixture
def new() -> NewUser:
    return local_user(username="ada", email="Ada@Example.org")


@pytest.fixture
def secret(new: NewUser) -> SecretStr:
    assert new.password is not None
    return new.password


@pytest.fixture
async def ada(database: Database, new: NewUser) -> User:
    return await users.create_user(database, new)


async def fail(database: Database, login: str = "ada", given: SecretStr = WRONG, **where: Any) -> None:
    with pytest.raises(InvalidCredentials, match=REFUSED):
        await accounts.sign_in(database, login, given, **(where or WHERE))


async def kinds(database: Database) -> list[SecurityEventKind]:
    """Those of all events, the oldest first."""
    return [event.kind for event in reversed(await security_events.list_security_events(database))]


async def failures(database: Database, key: str) -> int:
    found = await sign_in_failures.find_sign_in_failures(database, key)
    return found.failures if found else 0


async def test_sign_in_returns_the_user_and_a_token_that_can_be_refreshed(
    database: Database, clock: Clock, ada: User, secret: SecretStr
) -> None:
    clock.advance(timedelta(hours=1))
    for login in ("ada", "ADA", "ada@EXAMPLE.org"):
        signed_in = await accounts.sign_in(database, login, secret, lifetime=timedelta(days=7), **WHERE)
        assert signed_in.user == ada.model_copy(update={"last_login_at": clock.now})
        assert signed_in.session.expires_at == clock.now + timedelta(days=7)
        assert (signed_in.session.source, signed_in.session.user_agent) == (WHERE["source"], WHERE["user_agent"])
        again = await accounts.refresh(database, signed_in.refresh_token)
        assert again.user == signed_in.user
    [event, *_] = await security_events.list_security_events(database, user_id=ada.id)
    assert (event.kind, event.source, event.user_agent) == (SecurityEventKind.SIGN_IN, *WHERE.values())
    assert await kinds(database) == [SecurityEventKind.SIGN_IN] * 3


async def test_authenticate_returns_the_user_and_begins_no_session(
    database: Database, ada: User, secret: SecretStr
) -> None:
    assert await accounts.authenticate(database, "ada", secret, **WHERE) == ada
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=ada.id) == 0
    assert await kinds(database) == []


async def test_a_failure_leaves_an_event_with_the_user_if_there_is_one(database: Database, ada: User) -> None:
    await fail(database)
    await fail(database, "nobody")
    unknown, wrong = await security_events.list_security_events(database)
    assert {unknown.kind, wrong.kind} == {SecurityEventKind.SIGN_IN_FAILED}
    assert (wrong.user_id, unknown.user_id) == (ada.id, None)
    assert (unknown.source, unknown.user_agent) == tuple(WHERE.values())


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
    statements: list[str],
    monkeypatch: pytest.MonkeyPatch,
    call: Callable[..., Awaitable[Any]],
) -> None:
    others = {status: local_user(password=secret, status=status) for status in UserStatus if status != "ACTIVE"}
    locked = local_user(password=secret)
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
        statements.clear()
        hasher.calls.clear()
        with pytest.raises(InvalidCredentials, match=REFUSED):
            await call(database, login, given, source=source)
        seen[name] = [*statements, *hasher.calls]
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


async def test_what_was_typed_is_stored_nowhere(database: Database, sql: Sql) -> None:
    typed = "a password in the wrong field"
    await fail(database, typed)
    rows = [*await sql("SELECT * FROM sign_in_failures"), *await sql("SELECT * FROM security_events")]
    assert len(rows) == 3
    assert typed not in str(rows)


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


async def test_an_attempt_that_finds_no_place_to_be_hashed_is_not_counted(database: Database) -> None:
    calls = [accounts.sign_in(database, f"pilot {number}", WRONG, **WHERE) for number in range(90)]
    errors = await asyncio.gather(*calls, return_exceptions=True)
    assert {type(error) for error in errors} <= {HashingBusy, InvalidCredentials}
    compared = sum(isinstance(error, InvalidCredentials) for error in errors)
    assert await failures(database, source_key(WHERE["source"])) == compared
    counted = [await failures(database, login_key(f"pilot {number}")) for number in range(90)]
    assert sum(counted) == compared


async def test_a_weak_hash_is_renewed_at_sign_in(
    database: Database, ada: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    await accounts.sign_in(database, "ada", secret, **WHERE)
    found = await users.find_login(database, "ada")
    assert found is not None
    assert "m=16,t=2" in str(found.hashed_password)


async def test_an_account_that_changes_while_its_password_is_verified_is_looked_at_again(
    database: Database, ada: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The password is replaced between the verification and the end of the sign-in."""
    verify, changes = passwords.verify_password, [users.set_password(database, ada.id, password())]

    async def replaced_afterwards(stored: str | None, given: SecretStr) -> bool:
        matches = await verify(stored, given)
        while changes:
            await changes.pop()
        return matches

    monkeypatch.setattr(passwords, "verify_password", replaced_afterwards)
    await fail(database, given=secret)
    assert await failures(database, login_key("ada")) == 1
    assert (await users.get_user(database, ada.id)).last_login_at is None
    assert await refresh_tokens.count_live_refresh_tokens(database, user_id=ada.id) == 0


async def test_an_account_that_is_deleted_meanwhile_is_refused(
    database: Database, ada: User, secret: SecretStr, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = passwords.verify_password

    async def deleted_afterwards(stored: str | None, given: SecretStr) -> bool:
        matches = await verify(stored, given)
        await users.delete_user(database, ada.id)
        return matches

    monkeypatch.setattr(passwords, "verify_password", deleted_afterwards)
    await fail(database, given=secret)


async def test_bad_arguments_are_refused_before_a_statement_runs(
    database: Database, secret: SecretStr, statements: list[str]
) -> None:
    bad: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (("ada", "secret"), {}, "password: expected SecretStr, got str"),
        ((7, secret), {}, "login: expected str, got int"),
        (("x" * 255, secret), {}, "login: must not be longer than 254 characters"),
        (("a\0", secret), {}, "login: text must not contain the NUL character"),
        (("ada", secret), {"source": "x" * 256}, "source: must not be longer than 255 characters"),
        (("ada", secret), {"source": ""}, "source: must not be empty; pass None if it is not known"),
        (("ada", secret), {"source": 7}, "source: expected str, got int"),
        (("ada", secret), {"user_agent": "x" * 513}, "user_agent: must not be longer than 512 characters"),
        (("ada", secret), {"user_agent": "\ud800"}, "user_agent: text must not contain a lone surrogate"),
    ]
    for given, where, message in bad:
        for call in (accounts.sign_in, accounts.authenticate):
            with pytest.raises(InvalidValue) as caught:
                await call(database, *given, **{"source": None, **where})
            assert str(caught.value) == message
    async with database.transaction() as tx:
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "):
            await accounts.sign_in(tx, "ada", secret, source=None)
    assert statements == []
