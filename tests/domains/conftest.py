"""What tests of the domains share."""

import pytest
from argon2 import PasswordHasher

from hangar_dal import Database, User, passwords, users
from samples import local_user


@pytest.fixture(autouse=True)
def cheap_hasher(monkeypatch: pytest.MonkeyPatch) -> PasswordHasher:
    """Real argon2id at the least cost: what hashing costs is tested with `passwords`."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", hasher)
    return hasher


@pytest.fixture
async def user(database: Database) -> User:
    return await users.create_user(database, local_user())
