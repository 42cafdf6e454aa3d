"""`accounts.sign_in` and `authenticate`: what they return, store and refuse."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr

from hangar_dal import (
    Database,
    User,
    accounts,
    builders,
    passwords,
    refresh_tokens,
    security_events,
    users,
)
from hangar_dal.errors import InvalidValue, TransactionError
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import login_key
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import WHERE, fail, failures, kinds

Sql = Callable[[str], Awaitable[list[Any]]]


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


async def test_what_was_typed_is_stored_nowhere(database: Database, sql: Sql) -> None:
    typed = "a password in the wrong field"
    await fail(database, typed)
    rows = [*await sql("SELECT * FROM sign_in_failures"), *await sql("SELECT * FROM security_events")]
    assert len(rows) == 3
    assert typed not in str(rows)


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
    verify, changes = passwords.verify_password, [users.set_password(database, ada.id, builders.password())]

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
    database: Database, secret: SecretStr, hangar_queries: HangarQueries
) -> None:
    bad: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
        (("ada", "secret"), {}, "password: expected SecretStr, got str"),
        ((7, secret), {}, "login: expected str, got int"),
        (("x" * 255, secret), {}, "login: String should have at most 254 characters"),
        (("a\0", secret), {}, "login: text must not contain the NUL character"),
        (("ada", secret), {"source": "x" * 256}, "source: String should have at most 255 characters"),
        (("ada", secret), {"source": ""}, "source: String should have at least 1 character"),
        (("ada", secret), {"source": 7}, "source: expected str, got int"),
        (("ada", secret), {"user_agent": 7}, "user_agent: expected str, got int"),
    ]
    for given, where, message in bad:
        for call in (accounts.sign_in, accounts.authenticate):
            with pytest.raises(InvalidValue) as caught, hangar_queries() as sent:
                await call(database, *given, **{"source": None, **where})
            assert (str(caught.value), sent.names) == (message, [])
    async with database.transaction() as tx:
        with pytest.raises(TransactionError, match=r"^db: expected Database, got "), hangar_queries() as sent:
            await accounts.sign_in(tx, "ada", secret, source=None)
        assert sent.names == []
