"""`accounts.sign_in` of a user with a second factor."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, accounts
from hangar_dal.accounts import SecondFactorSetup
from hangar_dal.errors import (
    SecondFactorInvalid,
    SecondFactorRequired,
)
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, login_key, second_factor_key, source_key
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import CODE_REFUSED, WHERE, WRONG_CODE, CodeOf, fail, failures, kinds, last_event


async def test_sign_in_asks_for_a_code_and_accepts_it_once(
    database: Database,
    clock: Clock,
    ada: User,
    secret: SecretStr,
    setup: SecondFactorSetup,
    codes: Any,
    code_of: CodeOf,
) -> None:
    for _ in range(LOGIN_LIMITS.free + 1):
        with pytest.raises(SecondFactorRequired):
            await accounts.sign_in(database, "ada", secret, **WHERE)
        required = SecurityEventKind.SECOND_FACTOR_REQUIRED
        assert await last_event(database) == (required, ada.id, None, *WHERE.values())
    assert await failures(database, login_key("ada")) == await failures(database, source_key(WHERE["source"])) == 0
    code = code_of(setup.secret)
    signed_in = await accounts.sign_in(database, "ada", secret, code=code, **WHERE)
    assert signed_in.user.last_login_at == clock.now
    assert await last_event(database) == (SecurityEventKind.SIGN_IN, ada.id, None, *WHERE.values())
    with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
        await accounts.sign_in(database, "ada", secret, code=code, **WHERE)


async def test_sign_in_accepts_a_recovery_code_once(
    database: Database, ada: User, secret: SecretStr, codes: list[SecretStr]
) -> None:
    await accounts.sign_in(database, "ada", secret, code=codes[3], **WHERE)
    assert (await kinds(database))[-2:] == [SecurityEventKind.RECOVERY_CODE_USED, SecurityEventKind.SIGN_IN]
    with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
        await accounts.sign_in(database, "ada", secret, code=codes[3], **WHERE)


async def test_a_user_without_second_factor_needs_no_code(
    database: Database, ada: User, secret: SecretStr, setup: SecondFactorSetup
) -> None:
    """Neither does one whose second factor is pending."""
    await accounts.sign_in(database, "ada", secret, **WHERE)
    await accounts.sign_in(database, "ada", secret, code=WRONG_CODE, **WHERE)


async def test_a_wrong_code_is_counted_like_a_wrong_password_and_leaves_nothing_else(
    database: Database, ada: User, secret: SecretStr, setup: SecondFactorSetup, codes: list[SecretStr], code_of: CodeOf
) -> None:
    for count in range(1, LOGIN_LIMITS.free + 1):
        with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
            await accounts.sign_in(database, "ada", secret, code=WRONG_CODE, **WHERE)
        assert await failures(database, login_key("ada")) == count
        assert await failures(database, source_key(WHERE["source"])) == count
    failed, locked = SecurityEventKind.SIGN_IN_FAILED, SecurityEventKind.LOCKED
    assert (await kinds(database))[-LOGIN_LIMITS.free :] == [failed] * (LOGIN_LIMITS.free - 1) + [locked]
    await fail(database, given=secret, code=code_of(setup.secret), **WHERE)
    assert await last_event(database) == (failed, ada.id, None, *WHERE.values())


async def test_asking_for_the_code_does_not_reset_the_count_of_wrong_codes(
    database: Database, ada: User, secret: SecretStr, codes: list[SecretStr]
) -> None:
    for count in range(1, LOGIN_LIMITS.free):
        with pytest.raises(SecondFactorInvalid):
            await accounts.sign_in(database, "ada", secret, code=WRONG_CODE, **WHERE)
        with pytest.raises(SecondFactorRequired):
            await accounts.sign_in(database, "ada", secret, **WHERE)
        assert await failures(database, login_key("ada")) == count


async def confirm_password(database: Database, user: User, secret: SecretStr) -> None:
    await accounts.authenticate(database, "ada", secret, **WHERE)


async def reset_by_mail(database: Database, user: User, secret: SecretStr) -> None:
    issued = await accounts.request_password_reset(database, str(user.email))
    assert issued is not None
    await accounts.reset_password_with_token(database, issued.token, secret)


async def reset_by_administrator(database: Database, user: User, secret: SecretStr) -> None:
    await accounts.reset_password(database, user.id, new=secret, actor_id=user.id)


async def change_password(database: Database, user: User, secret: SecretStr) -> None:
    await accounts.change_password(database, user.id, old=secret, new=secret, **WHERE)


@pytest.mark.parametrize("unlock", [confirm_password, reset_by_mail, reset_by_administrator, change_password])
async def test_nothing_but_a_right_code_allows_more_guesses_of_codes(
    database: Database,
    clock: Clock,
    ada: User,
    secret: SecretStr,
    setup: SecondFactorSetup,
    codes: list[SecretStr],
    code_of: CodeOf,
    unlock: Callable[[Database, User, SecretStr], Awaitable[None]],
) -> None:
    for _ in range(LOGIN_LIMITS.free):
        with pytest.raises(SecondFactorInvalid):
            await accounts.sign_in(database, "ada", secret, code=WRONG_CODE, source=None)
        clock.advance(LOGIN_LIMITS.locks[0] / 100)
        if await failures(database, login_key("ada")) < LOGIN_LIMITS.free:
            await unlock(database, ada, secret)
    with pytest.raises(SecondFactorInvalid):
        await accounts.verify_second_factor(database, ada.id, code_of(setup.secret))
    await reset_by_mail(database, ada, secret)
    with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
        await accounts.sign_in(database, "ada", secret, code=code_of(setup.secret), **WHERE)
    clock.advance(LOGIN_LIMITS.locks[-1])
    await accounts.sign_in(database, "ada", secret, code=code_of(setup.secret), **WHERE)
    assert await failures(database, second_factor_key(ada.id)) == 0


async def test_an_administrator_who_removes_the_second_factor_ends_the_count_of_codes(
    database: Database, ada: User, codes: list[SecretStr]
) -> None:
    with pytest.raises(SecondFactorInvalid):
        await accounts.verify_second_factor(database, ada.id, WRONG_CODE)
    assert await failures(database, second_factor_key(ada.id)) == 1
    await accounts.disable_second_factor(database, ada.id, actor_id=ada.id)
    assert await failures(database, second_factor_key(ada.id)) == 0


async def test_a_code_is_not_looked_at_if_the_password_is_wrong(
    database: Database, secret: SecretStr, codes: list[SecretStr]
) -> None:
    await fail(database, code=codes[0], **WHERE)
    await accounts.sign_in(database, "ada", secret, code=codes[0], **WHERE)


async def test_of_sign_ins_at_once_with_one_code_one_succeeds(
    database: Database, ada: User, secret: SecretStr, setup: SecondFactorSetup, codes: Any, code_of: CodeOf
) -> None:
    code = code_of(setup.secret)
    calls = (accounts.sign_in(database, "ada", secret, code=code, source=None) for _ in range(LOGIN_LIMITS.free - 1))
    results = await asyncio.gather(*calls, return_exceptions=True)
    types = sorted(type(one).__name__ for one in results)
    assert types == ["SecondFactorInvalid"] * (LOGIN_LIMITS.free - 2) + ["SignedIn"]
