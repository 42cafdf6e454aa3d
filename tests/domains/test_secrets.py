"""Canaries: with every logger at DEBUG, no secret is in a log record, an error, its traceback or a repr."""

import asyncio
import gc
import logging
import pprint
import traceback
from collections.abc import Awaitable, Callable
from secrets import token_hex
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from hangar_dal import (
    Database,
    NewUser,
    User,
    UserStatus,
    accounts,
    builders,
    eve_tokens,
    refresh_tokens,
    session_cookies,
    users,
    uuid7,
)
from hangar_dal.errors import HangarError, InvalidValue, StatementError
from hangar_dal.eve_tokens import NewEveToken
from tests.helpers import exception_contents
from tests.helpers.clock import Clock
from tests.helpers.exception_contents import of_drivers, texts_in_frames


@pytest.fixture
def canary() -> str:
    return f"canary{token_hex(12)}"


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Everything that any logger says, from the lowest level on, arguments and tracebacks included."""
    caplog.set_level(logging.NOTSET)
    for name in ["aiosqlite", "psycopg", "psycopg.pool", "asyncio", *logging.root.manager.loggerDict]:
        caplog.set_level(logging.DEBUG, logger=name)
    return lambda: "\n".join([caplog.text, *(f"{vars(record)}" for record in caplog.records)])


def told(error: BaseException) -> str:
    """All that a log or an error report could take from an exception, but for the callers' own local variables."""
    assert of_drivers(error) == []
    return "\n".join([exception_contents.told(error), *traceback.format_exception(error)])


def eve_token(user_id: UUID, secret: str) -> NewEveToken:
    """Not validated, so that the query is what refuses it."""
    return NewEveToken.model_construct(
        eve_character_id=7,
        user_id=user_id,
        access_token=secret,
        refresh_token=secret,
        scopes=[],
        expires_at=builders.LATER,
    )


Attempt = Callable[[Database, User, str], Awaitable[Any]]
ATTEMPTS: dict[str, Attempt] = {
    "taken username": lambda db, user, canary: users.create_user(
        db, builders.user(username=user.username, password=SecretStr(canary))
    ),
    "unbelievable account": lambda db, user, canary: users.insert_user(
        db, builders.user(password=SecretStr(canary)), hashed_password=None
    ),
    "hash of nobody": lambda db, user, canary: users.set_password_hash(db, uuid7(), hashed_password=canary),
    "hash with NUL": lambda db, user, canary: users.set_password_hash(db, user.id, hashed_password=f"{canary}\0"),
    "hash of a wrong type": lambda db, user, canary: users.set_password_hash(db, user.id, hashed_password=[canary]),
    "password of nobody": lambda db, user, canary: users.set_password(db, uuid7(), SecretStr(canary)),
    "password with NUL": lambda db, user, canary: users.set_password(db, user.id, SecretStr(f"{canary}\0")),
    "overlong password": lambda db, user, canary: users.set_password(db, user.id, SecretStr(canary * 100)),
    "weak password": lambda db, user, canary: users.set_password(db, user.id, SecretStr(canary[:14])),
    "password as str": lambda db, user, canary: users.set_password(db, user.id, canary),
    "wrong password": lambda db, user, canary: users.authenticate(db, str(user.username), SecretStr(canary)),
    "wrong password at a sign-in": lambda db, user, canary: accounts.sign_in(
        db, str(user.username), SecretStr(canary), source="203.0.113.7"
    ),
    "old password that is wrong": lambda db, user, canary: accounts.change_password(
        db, user.id, old=SecretStr(canary), new=SecretStr(f"{canary}, another")
    ),
    "new password that is weak": lambda db, user, canary: accounts.reset_password(
        db, user.id, new=SecretStr(canary[:14]), actor_id=user.id
    ),
    "login at a sign-in": lambda db, user, canary: accounts.sign_in(db, canary, SecretStr(canary), source=None),
    "unknown login": lambda db, user, canary: users.authenticate(db, canary, SecretStr(canary)),
    "overlong login": lambda db, user, canary: users.authenticate(db, canary * 30, SecretStr(canary)),
    "session of nobody": lambda db, user, canary: session_cookies.create_session_cookie(
        db, builders.session_cookie(uuid7(), cookies=builders.storage_state(canary))
    ),
    "import for nobody": lambda db, user, canary: session_cookies.import_session_cookies(
        db, [builders.session_cookie(uuid7(), cookies=[canary])]
    ),
    "expired session": lambda db, user, canary: session_cookies.create_session_cookie(
        db, builders.session_cookie(user.id, cookies=[canary], expires_at=builders.EARLIER)
    ),
    "no JSON": lambda db, user, canary: session_cookies.create_session_cookie(
        db, builders.session_cookie(user.id).model_copy(update={"cookies": {"value": {canary}}})
    ),
    "cookies with NUL": lambda db, user, canary: session_cookies.create_session_cookie(
        db, builders.session_cookie(user.id).model_copy(update={"cookies": {canary: f"{canary}\0"}})
    ),
    "too large": lambda db, user, canary: session_cookies.create_session_cookie(
        db, builders.session_cookie(user.id).model_copy(update={"cookies": [canary * 50_000]})
    ),
    "EVE tokens for nobody": lambda db, user, canary: eve_tokens.upsert_eve_token(db, eve_token(uuid7(), canary)),
    "EVE token with NUL": lambda db, user, canary: eve_tokens.upsert_eve_token(db, eve_token(user.id, f"{canary}\0")),
    "EVE token too long": lambda db, user, canary: eve_tokens.upsert_eve_token(db, eve_token(user.id, canary * 900)),
    "EVE token of no character": lambda db, user, canary: eve_tokens.upsert_eve_token(
        db, eve_token(user.id, canary).model_copy(update={"eve_character_id": -7})
    ),
    "EVE tokens without a lease": lambda db, user, canary: eve_tokens.store_refreshed_eve_token(
        db,
        eve_tokens.ClaimedEveToken(
            **eve_token(user.id, canary).model_dump(),
            created_at=builders.LATER,
            updated_at=builders.LATER,
            lease_id=uuid7(),
            lease_ends_at=builders.LATER,
        ),
        access_token=canary,
        refresh_token=canary,
        expires_at=builders.LATER,
    ),
    "replacing nothing": lambda db, user, canary: session_cookies.replace_session_cookie(
        db, session_cookie_id=uuid7(), user_id=user.id, platform="x", cookies=[canary], expires_at=builders.LATER
    ),
    "unknown token": lambda db, user, canary: accounts.refresh(db, SecretStr(canary)),
    "overlong token": lambda db, user, canary: accounts.refresh(db, SecretStr(canary * 100)),
    "token as str": lambda db, user, canary: refresh_tokens.rotate_refresh_token(db, canary),
    "token from an overlong user agent": lambda db, user, canary: refresh_tokens.issue_refresh_token(
        db, user.id, user_agent=canary * 100
    ),
}


async def test_an_error_tells_no_secret_and_nor_does_a_log(
    database: Database, user: User, canary: str, logged: Callable[[], str], subtests: pytest.Subtests
) -> None:
    for name, attempt in ATTEMPTS.items():
        with subtests.test(name):
            with pytest.raises(HangarError) as caught:
                await attempt(database, user, canary)
            # The lines of this file that a traceback quotes name the variable, never its value.
            assert canary not in told(caught.value)
            assert canary not in logged()


async def test_a_password_that_is_kept_secret_is_in_no_frame_of_a_refusal(
    database: Database, user: User, canary: str, subtests: pytest.Subtests
) -> None:
    """Tools that report errors record the local variables of each frame, in which the SecretStr shows stars."""
    for name in sorted(name for name in ATTEMPTS if "password" in name and name != "password as str"):
        with subtests.test(name):
            with pytest.raises(HangarError) as caught:
                await ATTEMPTS[name](database, user, canary)
            assert canary[:14] not in texts_in_frames(caught.value)


async def test_the_paths_that_succeed_log_no_secret(
    database: Database, canary: str, logged: Callable[[], str], request: pytest.FixtureRequest
) -> None:
    loop = asyncio.get_running_loop()
    request.addfinalizer(lambda: loop.set_debug(False))  # other tests may have the same loop
    loop.set_debug(True)
    secret = SecretStr(canary)
    made = await users.create_user(database, builders.user(password=secret))
    login = await users.find_login_by_username(database, str(made.username))
    assert login is not None
    await users.authenticate(database, str(made.username), secret)
    await users.set_password(database, made.id, SecretStr(f"{canary}, another"))
    new = builders.session_cookie(made.id, cookies=builders.storage_state(canary))
    kept = await session_cookies.create_session_cookie(database, new)
    await session_cookies.import_session_cookies(database, [builders.session_cookie(made.id, cookies=[canary])])
    nested = await session_cookies.list_users_with_session_cookies(database)
    found = await session_cookies.list_session_cookies(database, user_id=made.id)
    gc.collect()
    assert canary in str(found[0].model_dump())
    for secretive in (
        new,
        kept,
        nested,
        found,
        made,
        login,
        database,
        database.keyring,
        builders.user(password=secret),
    ):
        text = f"{secretive!r} {secretive!s} {pprint.pformat(secretive)}"
        assert canary not in text
        assert str(login.hashed_password) not in text
    assert canary not in logged()
    assert str(login.hashed_password) not in logged()


async def test_a_cancelled_call_tells_no_secret(database: Database, user: User, canary: str, logged: Any) -> None:
    call = users.create_user(database, builders.user(username=user.username, password=SecretStr(canary)))
    task = asyncio.create_task(call)
    for _ in range(3):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert canary not in told(caught.value)
    assert canary not in repr(task)
    assert canary not in logged()


async def test_a_row_that_the_model_refuses_is_an_error_without_its_values(
    database: Database, clock: Clock, canary: str, sql: Any, logged: Callable[[], str]
) -> None:
    made = await users.create_user(database, builders.user(metadata={"token": canary}))
    database_holds = f'UPDATE users SET metadata = \'{{"token": ["{canary}"]}}\', eve_scopes = eve_scopes'
    await sql(database_holds)
    assert (await users.get_user(database, made.id)).metadata == {"token": [canary]}
    kept = await session_cookies.create_session_cookie(database, builders.session_cookie(made.id, cookies=[canary]))
    # Sealed by a program that does not know the rules: text where an object or a list has to be.
    text = database.keyring.seal(
        f'"{canary}"'.encode(),
        table="session_cookies",
        column="cookies",
        bound=[str(kept.id), str(kept.user_id), kept.platform],
    )
    await sql(f"UPDATE session_cookies SET cookies = '{text}'")
    with pytest.raises(StatementError, match=r"^session_cookies\.get_session_cookie: cookies") as caught:
        await session_cookies.get_session_cookie(database, kept.id)
    assert canary not in told(caught.value)


def test_an_account_does_not_show_its_password_when_it_is_dumped(canary: str) -> None:
    new = builders.user(password=SecretStr(canary))
    assert canary not in new.model_dump_json()
    assert canary not in str(new.model_dump())
    assert NewUser.model_fields["password"].repr is False


async def test_a_suspended_account_is_told_by_nothing_but_its_status(database: Database, canary: str) -> None:
    made = await users.sign_in_eve_user(database, eve_character_id=1, display_name=canary, eve_scopes=[canary])
    await users.set_user_status(database, made.id, UserStatus.SUSPENDED)
    with pytest.raises(HangarError) as caught:
        await users.sign_in_eve_user(database, eve_character_id=1, display_name=canary, eve_scopes=[canary])
    assert canary not in told(caught.value)


async def test_bad_input_tells_no_value_even_of_what_is_no_secret(database: Database, canary: str) -> None:
    for call in (
        users.find_user_by_email(database, f"{canary}\0"),
        users.list_users(database, order=canary),
        users.get_user(database, canary),
    ):
        with pytest.raises(InvalidValue) as caught:
            await call
        assert canary not in told(caught.value)
