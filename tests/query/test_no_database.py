"""Something else in place of a database is an error that names it, whatever a function does first."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Settings, accounts, builders, ledger, live_viewers, open_database, outbox, users
from hangar_dal.database import atomic

ID = UUID(int=1)
CALLS: dict[str, Callable[[Any], Any]] = {
    "a query": lambda db: users.get_user(db, ID),
    "a block": lambda db: atomic(db).__aenter__(),
    "a block first": lambda db: accounts.erase_user(db, ID),
    "batches": lambda db: ledger.import_transfers(db, []),
    "the time first": lambda db: live_viewers.count_viewers(db, ID),
    "no transaction": lambda db: users.create_user(db, builders.user()),
    "a worker": lambda db: anext(outbox.work(db, "mail")),
}
GIVEN = {
    "None": None,
    "a URL": "sqlite:///shop.db",
    "settings": Settings(database_url=":memory:"),
    "not entered": open_database(Settings(database_url=":memory:")),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
async def test_what_is_no_database_is_named(call: Callable[[Any], Any], given: object) -> None:
    sentence = f"must be a Database or a Transaction, not {type(given).__name__}; pass the one that"
    with pytest.raises(TypeError, match=sentence):
        await call(given)
