"""What exporting and merging users do with the tables of COMMERCE."""

import json
from typing import Any

from hangar_dal import Database, User, accounts, builders, ledger, users
from hangar_dal.accounts.user_tables import USER_TABLES as OF_ACCOUNTS
from hangar_dal.accounts.user_tables import tables_of_other_catalogs
from hangar_dal.commerce.user_tables import USER_TABLES
from hangar_dal.migrations.drift import database_schema
from tests.helpers.commerce import account, posted
from tests.helpers.full_users import tables_of_users


async def test_no_table_that_refers_to_users_is_forgotten(database: Database, database_url: str) -> None:
    """Add a new table to `commerce.user_tables`: then it says what exporting and merging do with it."""
    found = tables_of_users(database_schema(database_url)) - set(OF_ACCOUNTS)
    assert found == set(USER_TABLES)
    assert tables_of_other_catalogs(database) == USER_TABLES


async def test_an_export_has_the_accounts_of_a_user_and_what_they_moved(database: Database, user: User) -> None:
    ben = await users.create_user(database, builders.user())
    ada, other = await account(database, 500, owner=user), await account(database, 300, owner=ben)
    moved = await ledger.transfer(database, builders.transfer(ada, other))
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["id"] for each in document["ledger_accounts"]] == [str(ada.id)]
    assert len(document["ledger_transfers"]) == 2
    assert document["ledger_transfers"][-1]["id"] == str(moved.id)


async def test_a_merge_moves_accounts_and_keeps_the_books(database: Database, user: User) -> None:
    merged = await users.create_user(database, builders.user())
    ada, ben = await account(database, 500, owner=user), await account(database, 300, owner=merged)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    owned = await ledger.list_accounts_of_owner(database, user.id)
    assert {each.id for each in owned} == {ada.id, ben.id}
    assert await posted(database, ada, ben) == [500, 300]


async def test_an_erased_user_leaves_accounts_without_a_name(database: Database, user: User) -> None:
    ada = await account(database, 500, owner=user)
    await accounts.erase_user(database, user.id)
    assert (await ledger.get_account(database, ada.id)).owner_id is None
    assert await posted(database, ada) == [500]
