"""A user with a confirmed second factor, and the codes of its app."""

from collections.abc import Callable

import pytest
from pydantic import SecretStr

from hangar_dal import Database, User, builders, totp, two_factor, users
from hangar_dal.two_factor import TwoFactor
from tests.helpers.clock import Clock

CodeOf = Callable[[TwoFactor], SecretStr]


@pytest.fixture
async def user(database: Database) -> User:
    """An account whose password nobody hashes: it has none."""
    return await users.insert_user(database, builders.eve_user(), hashed_password=None)


@pytest.fixture
def code_of(clock: Clock) -> CodeOf:
    """What an app shows for this factor now."""
    return lambda factor: SecretStr(totp.code_at(factor.secret, totp.step_at(clock.now)))


@pytest.fixture
async def pending(database: Database, user: User) -> TwoFactor:
    return await two_factor.enrol_two_factor(database, user.id)


@pytest.fixture
async def recovery_codes(
    database: Database, clock: Clock, user: User, pending: TwoFactor, code_of: CodeOf
) -> list[SecretStr]:
    """Of a factor that was confirmed two steps ago, so that no code of now was accepted."""
    codes = await two_factor.complete_two_factor(database, user.id, code_of(pending))
    clock.advance(2 * totp.STEP)
    return codes


@pytest.fixture
async def factor(database: Database, user: User, recovery_codes: list[SecretStr]) -> TwoFactor:
    found = await two_factor.find_two_factor(database, user.id)
    assert found is not None
    return found
