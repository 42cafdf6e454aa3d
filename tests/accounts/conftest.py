"""What tests of the layer `accounts` share."""

import pytest
from pydantic import SecretStr

from hangar_dal import Database, NewUser, User, UserRole, accounts, builders, totp, users
from hangar_dal.accounts import Invitation, SecondFactorSetup
from hangar_dal.one_time_tokens import IssuedOneTimeToken
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import cheap_hasher as cheap_hasher
from tests.helpers.domain_fixtures import sql as sql
from tests.helpers.failed_sign_ins import ADMIN, WHERE, CodeOf
from tests.helpers.kept_databases import database as database
from tests.helpers.kept_databases import kept_databases as kept_databases
from tests.helpers.kept_databases import postgres_url as postgres_url


@pytest.fixture
async def user(database: Database) -> User:
    """An account whose password nobody hashes: it has none."""
    return await users.insert_user(database, builders.eve_user(), hashed_password=None)


@pytest.fixture
def new() -> NewUser:
    return builders.user(username="ada", email="Ada@Example.org")


@pytest.fixture
def secret(new: NewUser) -> SecretStr:
    assert new.password is not None
    return new.password


@pytest.fixture
async def ada(database: Database, new: NewUser) -> User:
    return await users.create_user(database, new)


@pytest.fixture
async def invitation(database: Database) -> Invitation:
    return await accounts.invite_user(
        database, username="grace", email="Grace@Example.org", role=UserRole.MODERATOR, actor_id=ADMIN, **WHERE
    )


@pytest.fixture
async def reset(database: Database, ada: User) -> IssuedOneTimeToken:
    issued = await accounts.request_password_reset(database, "ada@EXAMPLE.org", **WHERE)
    assert issued is not None
    return issued


@pytest.fixture
def code_of(clock: Clock) -> CodeOf:
    """What the app of this secret shows now."""
    return lambda secret: SecretStr(totp.code_at(secret.get_secret_value(), totp.step_at(clock.now)))


@pytest.fixture
async def setup(database: Database, ada: User) -> SecondFactorSetup:
    return await accounts.start_second_factor(database, ada.id, issuer="Hangar", **WHERE)


@pytest.fixture
async def codes(
    database: Database, clock: Clock, ada: User, setup: SecondFactorSetup, code_of: CodeOf
) -> list[SecretStr]:
    """The recovery codes of a second factor that is in force."""
    codes = await accounts.confirm_second_factor(database, ada.id, code_of(setup.secret), **WHERE)
    clock.advance(2 * totp.STEP)
    return codes
