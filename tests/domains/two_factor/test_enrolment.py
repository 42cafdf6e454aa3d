"""Setting up a second factor: it counts from its first correct code on, and takes the place of the one before."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import (
    ACCOUNTS,
    Database,
    Sealed,
    Settings,
    User,
    open_database,
    sealing,
    totp,
    two_factor,
    users,
    uuid7,
)
from hangar_dal.errors import ForeignKeyViolation, InvalidValue, SealError, SecondFactorInvalid
from hangar_dal.rekeying import SealedColumn, rotate
from hangar_dal.two_factor import TwoFactor
from tests.helpers.clock import Clock

CodeOf = Callable[[TwoFactor], SecretStr]
REFUSED = r"^the code is wrong, has expired, or was used before$"


async def test_a_new_factor_is_pending_until_its_first_correct_code(
    database: Database, clock: Clock, user: User, code_of: CodeOf
) -> None:
    pending = await two_factor.enrol_two_factor(database, user.id)
    expected = {"last_step": None, "enrolled_at": clock.now, "confirmed_at": None}
    assert pending == TwoFactor(id=pending.id, user_id=user.id, secret=pending.secret, **expected)
    assert await two_factor.find_two_factor(database, user.id) is None
    enrolled = clock.now
    clock.advance(totp.STEP)
    codes = await two_factor.complete_two_factor(database, user.id, code_of(pending))
    confirmed = await two_factor.find_two_factor(database, user.id)
    assert confirmed == pending.model_copy(
        update={"last_step": totp.step_at(clock.now), "enrolled_at": enrolled, "confirmed_at": clock.now}
    )
    assert await two_factor.find_pending_two_factor(database, user.id) is None
    assert len({code.get_secret_value() for code in codes}) == 10
    assert await two_factor.count_recovery_codes(database, pending.id) == 10


async def test_a_confirmed_factor_is_not_confirmed_again(database: Database, user: User, factor: TwoFactor) -> None:
    assert factor.last_step is not None
    assert await two_factor.confirm_two_factor(database, factor.id, step=factor.last_step + 1) == 0
    assert await two_factor.find_two_factor(database, user.id) == factor


async def test_a_wrong_code_leaves_the_factor_pending(
    database: Database, user: User, pending: TwoFactor, code_of: CodeOf
) -> None:
    right = code_of(pending).get_secret_value()
    for wrong in (f"{(int(right) + 500_000) % 1_000_000:06}", "", right[:5], f"{right}0"):
        with pytest.raises(SecondFactorInvalid, match=REFUSED):
            await two_factor.complete_two_factor(database, user.id, SecretStr(wrong))
    assert await two_factor.find_pending_two_factor(database, user.id) == pending
    assert await two_factor.find_two_factor(database, user.id) is None


async def test_without_a_pending_factor_no_code_is_right(database: Database, user: User) -> None:
    with pytest.raises(SecondFactorInvalid, match=REFUSED):
        await two_factor.complete_two_factor(database, user.id, SecretStr("123456"))


async def test_the_code_that_confirms_cannot_be_used_again(
    database: Database, user: User, pending: TwoFactor, code_of: CodeOf
) -> None:
    await two_factor.complete_two_factor(database, user.id, code_of(pending))
    confirmed = await two_factor.find_two_factor(database, user.id)
    assert confirmed is not None
    assert not await two_factor.use_app_code(database, confirmed, code_of(pending))


async def test_enrolling_again_before_the_first_code_replaces_the_secret(
    database: Database, user: User, pending: TwoFactor, code_of: CodeOf
) -> None:
    again = await two_factor.enrol_two_factor(database, user.id)
    assert again.secret != pending.secret
    assert await two_factor.find_pending_two_factor(database, user.id) == again
    with pytest.raises(SecondFactorInvalid):
        await two_factor.complete_two_factor(database, user.id, code_of(pending))
    assert await two_factor.complete_two_factor(database, user.id, code_of(again))


async def test_the_old_factor_counts_until_the_new_one_is_confirmed(
    database: Database, clock: Clock, user: User, factor: TwoFactor, recovery_codes: list[SecretStr], code_of: CodeOf
) -> None:
    again = await two_factor.enrol_two_factor(database, user.id)
    assert await two_factor.find_two_factor(database, user.id) == factor
    assert await two_factor.use_app_code(database, factor, code_of(factor))
    new_codes = await two_factor.complete_two_factor(database, user.id, code_of(again))
    now_counts = await two_factor.find_two_factor(database, user.id)
    assert now_counts is not None
    assert (now_counts.id, now_counts.secret) == (again.id, again.secret)
    assert not await two_factor.spend_recovery_code(database, now_counts, recovery_codes[0])
    assert not await two_factor.spend_recovery_code(database, factor, recovery_codes[0])
    assert await two_factor.spend_recovery_code(database, now_counts, new_codes[0])
    clock.advance(totp.STEP)
    assert not await two_factor.use_app_code(database, factor, code_of(factor))


async def test_a_confirmation_that_fails_leaves_the_old_factor(
    database: Database, user: User, factor: TwoFactor, monkeypatch: pytest.MonkeyPatch, code_of: CodeOf
) -> None:
    """The pending factor was replaced after it was read: as if another device had begun to enrol."""
    again = await two_factor.enrol_two_factor(database, user.id)
    code = code_of(again)
    found = two_factor.find_pending_two_factor

    async def find_and_lose(db: Any, user_id: Any) -> TwoFactor | None:
        pending = await found(db, user_id)
        await two_factor.enrol_two_factor(db, user_id)
        return pending

    monkeypatch.setattr(two_factor, "find_pending_two_factor", find_and_lose)
    with pytest.raises(SecondFactorInvalid, match=REFUSED):
        await two_factor.complete_two_factor(database, user.id, code)
    assert await two_factor.find_two_factor(database, user.id) == factor
    assert await two_factor.count_recovery_codes(database, factor.id) == 10


async def test_a_deleted_factor_takes_its_codes_with_it_and_another_can_be_enrolled(
    database: Database, user: User, factor: TwoFactor, sql: Any, code_of: CodeOf
) -> None:
    await two_factor.enrol_two_factor(database, user.id)
    assert await two_factor.delete_two_factor(database, user.id) == 2
    assert await sql("SELECT * FROM two_factor") == await sql("SELECT * FROM recovery_codes") == []
    assert await two_factor.delete_two_factor(database, user.id) == 0
    again = await two_factor.enrol_two_factor(database, user.id)
    assert len(await two_factor.complete_two_factor(database, user.id, code_of(again))) == 10


async def test_a_users_factor_goes_when_the_user_goes(
    database: Database, user: User, factor: TwoFactor, sql: Any
) -> None:
    await users.delete_user(database, user.id)
    assert await sql("SELECT * FROM two_factor") == await sql("SELECT * FROM recovery_codes") == []


async def test_nobody_can_enrol_for_an_unknown_user(database: Database) -> None:
    """On SQLite the upsert may also have given a new id to a row that recovery codes refer to, so none is named."""
    with pytest.raises(ForeignKeyViolation) as caught:
        await two_factor.enrol_two_factor(database, uuid7())
    assert caught.value.constraint in ("two_factor_user_id_fkey", None)


async def test_the_secret_is_stored_sealed_and_opens_in_its_row_only(
    database: Database, user: User, factor: TwoFactor, sql: Any
) -> None:
    other = await two_factor.enrol_two_factor(database, user.id)
    rows = await sql("SELECT secret FROM two_factor")
    assert all(str(secret).startswith("v1.") for [secret] in rows)
    assert factor.secret not in f"{rows}{factor!r}{factor}"
    await sql(
        "UPDATE two_factor SET secret = (SELECT other.secret FROM two_factor AS other WHERE other.confirmed_at IS NULL)"
    )
    assert await two_factor.find_pending_two_factor(database, user.id) == other
    with pytest.raises(SealError):
        await two_factor.find_two_factor(database, user.id)


async def test_a_code_must_be_a_secret_string(database: Database, user: User, factor: TwoFactor) -> None:
    text: Any = "123456"
    for call in (
        two_factor.complete_two_factor(database, user.id, text),
        two_factor.use_app_code(database, factor, text),
        two_factor.spend_recovery_code(database, factor, text),
    ):
        with pytest.raises(InvalidValue, match=r"^code: expected SecretStr, got str$"):
            await call


async def test_secrets_survive_a_rotation_of_keys(
    database: Database, settings: Settings, user: User, factor: TwoFactor
) -> None:
    pending = await two_factor.enrol_two_factor(database, user.id)
    assert settings.sealing_keys is not None
    keys = f"{sealing.new_key()},{settings.sealing_keys.get_secret_value()}"
    column = SealedColumn("two_factor", "secret", ("id",), (Sealed("two_factor", "secret", bind=("id", "user_id")),))
    async with open_database(settings.model_copy(update={"sealing_keys": SecretStr(keys)}), catalog=ACCOUNTS) as db:
        done = await rotate(db, column)
        assert (done.resealed, done.unopened, done.refused) == (2, [], [])
        assert await two_factor.find_two_factor(db, user.id) == factor
        assert await two_factor.find_pending_two_factor(db, user.id) == pending
