"""`accounts.register_user`: the account and its event, together or not at all."""

from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, NewUser, User, accounts, builders, users
from hangar_dal.errors import InvalidValue, TransactionError, UniqueViolation, WeakPassword
from hangar_dal.security_events import SecurityEventKind
from tests.helpers.failed_sign_ins import WHERE, kinds, last_event


async def test_a_registered_user_can_sign_in(database: Database, new: NewUser, secret: SecretStr) -> None:
    user = await accounts.register_user(database, new, **WHERE)
    assert user == await users.get_user(database, new.id)
    assert await last_event(database) == (SecurityEventKind.REGISTERED, user.id, None, *WHERE.values())
    assert (await accounts.sign_in(database, "ada", secret, source=None)).user.id == user.id


async def test_a_registration_that_is_refused_leaves_nothing(database: Database, ada: User) -> None:
    refused: list[tuple[Any, type[Exception]]] = [
        (builders.user(username="ADA"), UniqueViolation),
        (builders.user(username="grace", password=SecretStr("grace grace")), WeakPassword),
        ({"username": "grace"}, InvalidValue),
    ]
    for new, error in refused:
        with pytest.raises(error):
            await accounts.register_user(database, new, **WHERE)
    assert await kinds(database) == []
    assert await users.list_users(database) == [ada]


async def test_a_character_of_eve_has_no_password_to_hash(database: Database) -> None:
    assert (await accounts.register_user(database, builders.eve_user(), **WHERE)).email is None


async def test_registering_takes_no_transaction(database: Database, new: NewUser) -> None:
    async with database.transaction() as tx:
        given: Any = tx
        with pytest.raises(TransactionError, match=r"^db: expected Database, got Transaction; "):
            await accounts.register_user(given, new)
