"""What exporting, merging and deleting users do with campaigns."""

import json
from typing import Any

from hangar_dal import Database, User, accounts, campaigns
from tests.helpers.advertising import campaign, creative, person
from tests.helpers.domain_fixtures import Sql


async def test_an_export_has_the_campaigns_of_a_user_and_what_they_show(database: Database, user: User) -> None:
    one = await campaign(database, user, keywords=["car"])
    shown = await creative(database, one)
    await creative(database, await campaign(database))
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["id"] for each in document["campaigns"]] == [str(one.id)]
    assert [each["id"] for each in document["creatives"]] == [str(shown.id)]


async def test_a_merge_moves_campaigns_that_go_on(database: Database, user: User) -> None:
    merged = await person(database)
    one, other = await campaign(database, user), await campaign(database, merged)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    owned = await campaigns.list_campaigns_of_owner(database, user.id)
    assert {(each.id, each.status) for each in owned} == {(one.id, "ACTIVE"), (other.id, "ACTIVE")}


async def test_campaigns_of_users_who_are_deleted_end(database: Database, sql: Sql) -> None:
    made = [await campaign(database, keywords=["car"]) for _ in range(20)]
    kept = await campaign(database)
    await accounts.erase_user(database, made[0].owner_id or made[0].id)
    assert (await campaigns.get_campaign(database, made[0].id)).status == "ENDED"
    await sql(f"DELETE FROM users WHERE id <> '{kept.owner_id}'")
    for each in made:
        ended = await campaigns.get_campaign(database, each.id)
        assert (ended.owner_id, ended.status) == (None, "ENDED")
    assert await campaigns.get_campaign(database, kept.id) == kept
