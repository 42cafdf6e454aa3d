"""Codes of the app and recovery codes: each is accepted once, also among many tasks and processes at once."""

import asyncio
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import ACCOUNTS, Database, Settings, User, builders, open_database, sealing, totp, two_factor, users
from hangar_dal.errors import SecondFactorInvalid
from hangar_dal.two_factor import TwoFactor
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together

CodeOf = Callable[[TwoFactor], SecretStr]
AT_ONCE, PROCESSES, STEPS = 64, 8, 50
ACCEPT = """
import asyncio, sys
from uuid import UUID
from hangar_dal import ACCOUNTS, Settings, open_database, two_factor

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        for step in range(2, 2 + int(sys.argv[3])):
            if await two_factor.accept_step(db, UUID(sys.argv[2]), step=step):
                print(step)

asyncio.run(main())
"""


async def test_a_code_is_accepted_once(
    database: Database, clock: Clock, user: User, factor: TwoFactor, code_of: CodeOf
) -> None:
    code = code_of(factor)
    assert await two_factor.use_app_code(database, factor, code)
    assert not await two_factor.use_app_code(database, factor, code)
    clock.advance(totp.STEP)
    assert not await two_factor.use_app_code(database, factor, code)
    assert await two_factor.use_app_code(database, factor, code_of(factor))
    found = await two_factor.find_two_factor(database, user.id)
    assert found is not None
    assert found.last_step == totp.step_at(clock.now)


async def test_a_code_of_an_earlier_step_is_refused_after_a_later_one(
    database: Database, clock: Clock, factor: TwoFactor, code_of: CodeOf
) -> None:
    earlier = code_of(factor)
    clock.advance(totp.STEP)
    assert await two_factor.use_app_code(database, factor, code_of(factor))
    assert not await two_factor.use_app_code(database, factor, earlier)


async def test_a_code_may_be_early_or_late_by_one_step(
    database: Database, clock: Clock, factor: TwoFactor, code_of: CodeOf
) -> None:
    code = code_of(factor)
    clock.advance(-totp.STEP)
    early = code
    assert await two_factor.use_app_code(database, factor, early)
    clock.advance(2 * totp.STEP)
    late = code_of(factor)
    clock.advance(totp.STEP)
    assert await two_factor.use_app_code(database, factor, late)


async def test_spaces_in_a_code_do_not_matter(database: Database, factor: TwoFactor, code_of: CodeOf) -> None:
    text = code_of(factor).get_secret_value()
    assert await two_factor.use_app_code(database, factor, SecretStr(f" {text[:3]} {text[3:]} "))


async def test_a_recovery_code_is_accepted_once(
    database: Database, factor: TwoFactor, recovery_codes: list[SecretStr]
) -> None:
    for left, code in enumerate(reversed(recovery_codes)):
        assert await two_factor.count_recovery_codes(database, factor.id) == 10 - left
        assert await two_factor.spend_recovery_code(database, factor, code)
        assert not await two_factor.spend_recovery_code(database, factor, code)
    assert await two_factor.count_recovery_codes(database, factor.id) == 0


async def test_a_recovery_code_may_be_typed_in_capitals_and_without_hyphens(
    database: Database, factor: TwoFactor, recovery_codes: list[SecretStr]
) -> None:
    text = recovery_codes[0].get_secret_value()
    assert re.fullmatch(r"[a-z2-7]{5}(-[a-z2-7]{5}){3}", text)
    assert await two_factor.spend_recovery_code(database, factor, SecretStr(text.replace("-", " ").upper()))
    assert not await two_factor.spend_recovery_code(database, factor, recovery_codes[0])


async def test_text_that_was_never_a_code_is_wrong(database: Database, factor: TwoFactor) -> None:
    for text in ("", "x" * 65, "\0", "\udcff", "ﬀﬀﬀ", "' OR 1=1"):
        assert not await two_factor.use_app_code(database, factor, SecretStr(text)), text
        assert not await two_factor.spend_recovery_code(database, factor, SecretStr(text)), text


async def test_a_recovery_code_of_another_user_is_wrong(
    database: Database, user: User, factor: TwoFactor, recovery_codes: list[SecretStr]
) -> None:
    other = factor.model_copy(update={"id": user.id})
    assert not await two_factor.spend_recovery_code(database, other, recovery_codes[0])
    assert await two_factor.spend_recovery_code(database, factor, recovery_codes[0])


async def test_new_recovery_codes_replace_the_used_and_the_unused_ones(
    database: Database, factor: TwoFactor, recovery_codes: list[SecretStr]
) -> None:
    await two_factor.spend_recovery_code(database, factor, recovery_codes[0])
    new = await two_factor.renew_recovery_codes(database, factor)
    assert await two_factor.count_recovery_codes(database, factor.id) == 10
    assert [await two_factor.spend_recovery_code(database, factor, code) for code in recovery_codes] == [False] * 10
    assert [await two_factor.spend_recovery_code(database, factor, code) for code in new] == [True] * 10


async def test_only_hashes_of_recovery_codes_are_stored(recovery_codes: list[SecretStr], sql: Any) -> None:
    stored = str(await sql("SELECT * FROM recovery_codes"))
    for code in recovery_codes:
        text = code.get_secret_value()
        assert text not in stored
        assert text.replace("-", "") not in stored
        assert text not in repr(recovery_codes)


@pytest.mark.parametrize("rounds", [3, pytest.param(1000, marks=[pytest.mark.long, pytest.mark.slow])])
async def test_of_64_uses_of_a_code_at_once_one_is_accepted(
    database: Database, clock: Clock, factor: TwoFactor, code_of: CodeOf, rounds: int
) -> None:
    for _ in range(rounds):
        clock.advance(totp.STEP)
        code = code_of(factor)
        accepted = await asyncio.gather(*(two_factor.use_app_code(database, factor, code) for _ in range(AT_ONCE)))
        assert accepted.count(True) == 1


async def test_of_64_uses_of_a_recovery_code_at_once_one_is_accepted(
    database: Database, factor: TwoFactor, recovery_codes: list[SecretStr]
) -> None:
    for code in recovery_codes[:3]:
        uses = (two_factor.spend_recovery_code(database, factor, code) for _ in range(AT_ONCE))
        assert (await asyncio.gather(*uses)).count(True) == 1


async def test_of_many_confirmations_at_once_one_succeeds(
    database: Database, user: User, factor: TwoFactor, code_of: CodeOf
) -> None:
    pending = await two_factor.enrol_two_factor(database, user.id)
    calls = (two_factor.complete_two_factor(database, user.id, code_of(pending)) for _ in range(16))
    results = await asyncio.gather(*calls, return_exceptions=True)
    [codes] = [one for one in results if isinstance(one, list)]
    assert {type(one) for one in results if one is not codes} == {SecondFactorInvalid}
    found = await two_factor.find_two_factor(database, user.id)
    assert found is not None
    assert found.id == pending.id
    assert await two_factor.spend_recovery_code(database, found, codes[0])


async def test_recovery_codes_that_are_renewed_at_once_are_those_of_one_call(
    database: Database, factor: TwoFactor
) -> None:
    made = await asyncio.gather(*(two_factor.renew_recovery_codes(database, factor) for _ in range(8)))
    working = [[await two_factor.spend_recovery_code(database, factor, code) for code in codes] for codes in made]
    assert sorted(working) == [*[[False] * 10] * 7, [True] * 10]


@pytest.mark.slow
async def test_each_step_is_accepted_once_among_processes(sqlite_url: str) -> None:
    """SQLite alone: on PostgreSQL each connection has a process of its own in every test above."""
    keys = sealing.new_key()
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=keys), catalog=ACCOUNTS) as db:
        user = await users.insert_user(db, builders.eve_user(), hashed_password=None)
        pending = await two_factor.enrol_two_factor(db, user.id)
        await two_factor.confirm_two_factor(db, pending.id, step=1)
    arguments = (sqlite_url, str(pending.id), str(STEPS))
    printed = run_together(ACCEPT, *arguments, processes=PROCESSES, HANGAR_SEALING_KEYS=keys)
    accepted = [int(step) for step in chain(*printed)]
    # A process that is faster makes the earlier steps useless for the others, so not every step is accepted.
    assert len(accepted) == len(set(accepted))
    assert max(accepted) == STEPS + 1
