"""The functions of `accounts` for second factors: what they do, refuse and record."""

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, accounts, sign_in_failures, two_factor, uuid7
from hangar_dal.accounts import SecondFactorSetup
from hangar_dal.errors import (
    HangarError,
    InvalidValue,
    NotFound,
    SecondFactorInvalid,
    SecondFactorRequired,
    TransactionError,
)
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.sign_in_failures import LOGIN_LIMITS, second_factor_key
from hangar_dal_pytest import HangarQueries
from tests.helpers import exception_contents
from tests.helpers.clock import Clock
from tests.helpers.failed_sign_ins import CODE_REFUSED, WHERE, WRONG_CODE, CodeOf, failures, kinds, last_event


async def test_a_second_factor_is_in_force_after_its_first_correct_code(
    database: Database, ada: User, setup: SecondFactorSetup, code_of: CodeOf
) -> None:
    parts = urlsplit(setup.uri.get_secret_value())
    assert parts.path == "/Hangar:Ada%40example.org"
    assert parse_qs(parts.query)["secret"] == [setup.secret.get_secret_value()]
    assert await last_event(database) == (SecurityEventKind.SECOND_FACTOR_STARTED, ada.id, None, *WHERE.values())
    with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
        await accounts.confirm_second_factor(database, ada.id, WRONG_CODE)
    assert await two_factor.find_two_factor(database, ada.id) is None
    codes = await accounts.confirm_second_factor(database, ada.id, code_of(setup.secret), **WHERE)
    assert len(codes) == two_factor.RECOVERY_CODES
    assert await last_event(database) == (SecurityEventKind.SECOND_FACTOR_ENABLED, ada.id, None, *WHERE.values())


async def test_a_second_start_and_a_replacement_have_kinds_of_their_own(
    database: Database, ada: User, codes: list[SecretStr], code_of: CodeOf
) -> None:
    started = [await accounts.start_second_factor(database, ada.id, issuer="Hangar") for _ in range(2)]
    with pytest.raises(SecondFactorInvalid):
        await accounts.confirm_second_factor(database, ada.id, code_of(started[0].secret))
    await accounts.confirm_second_factor(database, ada.id, code_of(started[1].secret), **WHERE)
    replaced = SecurityEventKind.SECOND_FACTOR_REPLACED
    assert await last_event(database) == (replaced, ada.id, None, *WHERE.values())
    started_again = [SecurityEventKind.SECOND_FACTOR_STARTED, SecurityEventKind.SECOND_FACTOR_RESTARTED]
    assert (await kinds(database))[-3:] == [*started_again, replaced]


@pytest.mark.parametrize("issuer", ["", None, 7, "\0", "\udcff"], ids=["empty", "None", "int", "NUL", "surrogate"])
async def test_a_name_that_no_app_can_show_is_refused_before_anything_is_stored(
    database: Database, ada: User, issuer: Any
) -> None:
    with pytest.raises(InvalidValue, match=r"^issuer: "):
        await accounts.start_second_factor(database, ada.id, issuer=issuer)
    assert await kinds(database) == []


async def test_only_an_existing_user_can_start(database: Database) -> None:
    with pytest.raises(NotFound):
        await accounts.start_second_factor(database, uuid7(), issuer="Hangar")
    assert await kinds(database) == []


async def test_verify_accepts_a_code_of_the_app_or_a_recovery_code_once(
    database: Database, ada: User, setup: SecondFactorSetup, codes: list[SecretStr], code_of: CodeOf
) -> None:
    for code, kind in (
        (code_of(setup.secret), SecurityEventKind.SECOND_FACTOR_VERIFIED),
        (codes[0], SecurityEventKind.RECOVERY_CODE_USED),
    ):
        await accounts.verify_second_factor(database, ada.id, code, **WHERE)
        assert await last_event(database) == (kind, ada.id, None, *WHERE.values())
        assert await failures(database, second_factor_key(ada.id)) == 0
        with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
            await accounts.verify_second_factor(database, ada.id, code, **WHERE)
        failed = SecurityEventKind.SECOND_FACTOR_FAILED
        assert await last_event(database) == (failed, ada.id, None, *WHERE.values())
        assert await failures(database, second_factor_key(ada.id)) == 1


async def test_failed_verifications_lock_until_their_time_is_over(
    database: Database, clock: Clock, ada: User, codes: list[SecretStr]
) -> None:
    for _ in range(LOGIN_LIMITS.free):
        with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
            await accounts.verify_second_factor(database, ada.id, WRONG_CODE)
    with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
        await accounts.verify_second_factor(database, ada.id, codes[0])
    failed, locked = SecurityEventKind.SECOND_FACTOR_FAILED, SecurityEventKind.LOCKED
    assert (await kinds(database))[-2:] == [locked, failed]
    clock.advance(LOGIN_LIMITS.locks[0])
    await accounts.verify_second_factor(database, ada.id, codes[0])
    assert await sign_in_failures.find_sign_in_failures(database, second_factor_key(ada.id)) is None


async def test_of_64_guesses_at_once_only_the_free_ones_are_compared(
    database: Database, ada: User, codes: list[SecretStr], hangar_queries: HangarQueries
) -> None:
    guesses = (accounts.verify_second_factor(database, ada.id, WRONG_CODE) for _ in range(64))
    with hangar_queries() as sent:
        errors = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(error) for error in errors} == {SecondFactorInvalid}
    assert sent.names.count("two_factor.use_recovery_code") == LOGIN_LIMITS.free


async def test_nothing_verifies_a_user_without_second_factor(
    database: Database, ada: User, setup: SecondFactorSetup, code_of: CodeOf
) -> None:
    for user_id in (ada.id, uuid7()):
        with pytest.raises(SecondFactorInvalid, match=CODE_REFUSED):
            await accounts.verify_second_factor(database, user_id, code_of(setup.secret))


async def test_verify_takes_no_transaction(database: Database, ada: User, codes: list[SecretStr]) -> None:
    async with database.transaction() as tx:
        given: Any = tx
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "):
            await accounts.verify_second_factor(given, ada.id, codes[0])


async def test_a_disabled_second_factor_is_asked_for_no_more(
    database: Database, ada: User, secret: SecretStr, codes: list[SecretStr], code_of: CodeOf
) -> None:
    administrator = uuid7()
    await accounts.start_second_factor(database, ada.id, issuer="Hangar")
    assert await accounts.disable_second_factor(database, ada.id, actor_id=administrator, **WHERE)
    disabled = SecurityEventKind.SECOND_FACTOR_DISABLED
    assert await last_event(database) == (disabled, ada.id, administrator, *WHERE.values())
    assert await two_factor.find_pending_two_factor(database, ada.id) is None
    await accounts.sign_in(database, "ada", secret, **WHERE)
    before = await kinds(database)
    assert not await accounts.disable_second_factor(database, ada.id)
    assert await kinds(database) == before
    again = await accounts.start_second_factor(database, ada.id, issuer="Hangar")
    await accounts.confirm_second_factor(database, ada.id, code_of(again.secret))
    with pytest.raises(SecondFactorRequired):
        await accounts.sign_in(database, "ada", secret, **WHERE)


async def test_renewed_recovery_codes_replace_the_old_ones(
    database: Database, ada: User, codes: list[SecretStr]
) -> None:
    new = await accounts.renew_recovery_codes(database, ada.id, **WHERE)
    changed = SecurityEventKind.RECOVERY_CODES_CHANGED
    assert await last_event(database) == (changed, ada.id, None, *WHERE.values())
    with pytest.raises(SecondFactorInvalid):
        await accounts.verify_second_factor(database, ada.id, codes[0])
    await accounts.verify_second_factor(database, ada.id, new[0])


async def test_recovery_codes_need_a_second_factor_in_force(
    database: Database, ada: User, setup: SecondFactorSetup
) -> None:
    before = await kinds(database)
    with pytest.raises(NotFound, match=r"^the user has no second factor, or has not confirmed it yet$"):
        await accounts.renew_recovery_codes(database, ada.id)
    assert await kinds(database) == before


async def test_no_recovery_codes_are_made_for_a_second_factor_that_is_disabled_meanwhile(
    database: Database, ada: User, codes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    find, before = two_factor.find_two_factor, await kinds(database)

    async def find_and_lose(db: Any, user_id: Any) -> Any:
        found = await find(db, user_id)
        await two_factor.delete_two_factor(db, user_id)
        return found

    monkeypatch.setattr(two_factor, "find_two_factor", find_and_lose)
    with pytest.raises(NotFound):
        await accounts.renew_recovery_codes(database, ada.id)
    assert await kinds(database) == before


async def test_a_change_that_is_rolled_back_leaves_no_event(
    database: Database, ada: User, setup: SecondFactorSetup, code_of: CodeOf
) -> None:
    before = await kinds(database)
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            await accounts.confirm_second_factor(tx, ada.id, code_of(setup.secret))
            raise KeyError
    assert await kinds(database) == before
    assert await two_factor.find_two_factor(database, ada.id) is None


async def test_a_code_must_be_a_secret_string(
    database: Database, ada: User, secret: SecretStr, codes: Any, hangar_queries: HangarQueries
) -> None:
    text: Any = "123456"
    for call in (
        accounts.sign_in(database, "ada", secret, code=text, **WHERE),
        accounts.verify_second_factor(database, ada.id, text),
    ):
        with pytest.raises(InvalidValue, match=r"^code: expected SecretStr, got str$"), hangar_queries() as sent:
            await call
        assert sent.names == []


async def test_a_refused_code_and_the_secret_are_in_no_frame_of_the_error(
    database: Database, clock: Clock, ada: User, secret: SecretStr, setup: SecondFactorSetup, codes: list[SecretStr]
) -> None:
    used = codes[0]
    await accounts.verify_second_factor(database, ada.id, used)
    for call in (
        accounts.sign_in(database, "ada", secret, code=used, **WHERE),
        accounts.verify_second_factor(database, ada.id, used),
        accounts.confirm_second_factor(database, ada.id, used),
    ):
        with pytest.raises(HangarError) as caught:
            await call
        texts = f"{exception_contents.told(caught.value)}{exception_contents.texts_in_frames(caught.value)}"
        assert used.get_secret_value() not in texts
        assert used.get_secret_value().replace("-", "") not in texts
        assert setup.secret.get_secret_value() not in texts
    assert setup.secret.get_secret_value() not in f"{setup!r}{setup}"
