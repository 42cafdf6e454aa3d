"""What exporting and merging users do with the tables of LIVESTREAMS."""

import json
from typing import Any

from hangar_dal import Database, accounts, livestreams
from hangar_dal.accounts.user_tables import USER_TABLES as OF_ACCOUNTS
from hangar_dal.accounts.user_tables import tables_of_other_catalogs
from hangar_dal.commerce.user_tables import USER_TABLES as OF_COMMERCE
from hangar_dal.community.user_tables import USER_TABLES as OF_COMMUNITY
from hangar_dal.migrations.drift import database_schema
from hangar_dal.streaming.user_tables import USER_TABLES
from tests.helpers.community import person
from tests.helpers.full_users import tables_of_users
from tests.helpers.streaming import announced, ended


async def test_no_table_that_refers_to_users_is_forgotten(database: Database, database_url: str) -> None:
    """Add a new table to `streaming.user_tables`: then it says what exporting and merging do with it."""
    others = {*OF_ACCOUNTS, *OF_COMMUNITY, *OF_COMMERCE}
    assert tables_of_users(database_schema(database_url)) - others == set(USER_TABLES)
    assert tables_of_other_catalogs(database) == {**OF_COMMUNITY, **OF_COMMERCE, **USER_TABLES}


async def exported(db: Database, user_id: Any) -> dict[str, list[dict[str, Any]]]:
    async with accounts.export_user(db, user_id) as pieces:
        return json.loads("".join([piece async for piece in pieces]))


async def test_an_export_has_the_livestreams_of_a_user_and_no_key(database: Database) -> None:
    owner, other = await person(database), await person(database)
    made = await announced(database, owner.id)
    await announced(database, other.id)
    issued = await livestreams.rotate_stream_key(database, made.id)
    document = await exported(database, owner.id)
    assert [each["id"] for each in document["livestreams"]] == [str(made.id)]
    assert "livestream_keys" not in document
    assert issued.key.get_secret_value() not in str(document)


async def test_a_merge_moves_livestreams_and_their_keys(database: Database) -> None:
    kept, merged = await person(database), await person(database)
    made = await announced(database, merged.id)
    over = await ended(database, merged.id)
    issued = await livestreams.rotate_stream_key(database, made.id)
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    found = await livestreams.find_livestream_by_key(database, issued.key)
    assert found is not None
    assert (found.id, found.owner_id) == (made.id, kept.id)
    assert (await livestreams.get_livestream(database, over.id)).owner_id == kept.id


async def test_an_erased_user_leaves_no_livestream(database: Database) -> None:
    owner = await person(database)
    made = await announced(database, owner.id)
    await livestreams.rotate_stream_key(database, made.id)
    await accounts.erase_user(database, owner.id)
    assert await livestreams.delete_livestream(database, made.id) == 0
