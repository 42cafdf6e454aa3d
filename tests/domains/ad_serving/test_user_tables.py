"""What exporting, merging and deleting users do with the ads that they saw."""

import json
from typing import Any

from hangar_dal import Database, User, accounts, ad_serving, builders
from tests.helpers.advertising import campaign, creative, person, seen
from tests.helpers.domain_fixtures import Sql


async def test_an_export_has_what_a_user_saw_and_clicked(database: Database, user: User) -> None:
    await creative(database, await campaign(database))
    first, second = await seen(database, user), await seen(database, user, click=False)
    await seen(database, await person(database))
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert {each["id"] for each in document["ad_impressions"]} == {str(first.id), str(second.id)}
    assert [each["impression_id"] for each in document["ad_clicks"]] == [str(first.id)]


async def test_a_merge_moves_what_was_shown(database: Database, user: User) -> None:
    await creative(database, await campaign(database, frequency_cap=5))
    merged = await person(database)
    request, open_one = await seen(database, merged), builders.ad_request(merged)
    assert await ad_serving.serve(database, open_one)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    impression = await ad_serving.find_impression(database, request.id)
    assert impression is not None
    assert impression.viewer_id == user.id
    reservation = await ad_serving.find_reservation(database, open_one.id)
    assert reservation is not None
    assert reservation.viewer_id is None
    assert await ad_serving.release(database, open_one.id) == 1
    assert await ad_serving.list_wrong_budgets(database) == []


async def test_what_viewers_saw_stays_counted_without_their_names(database: Database, sql: Sql) -> None:
    made = await campaign(database)
    await creative(database, made)
    viewers = [await person(database) for _ in range(10)]
    for viewer in viewers:
        await seen(database, viewer)
        assert await ad_serving.serve(database, builders.ad_request(viewer))
    await accounts.erase_user(database, viewers[0].id)
    assert await sql("SELECT count(*) FROM ad_viewer_days") == [(9,)]
    listed = ", ".join(f"'{viewer.id}'" for viewer in viewers)
    await sql(f"DELETE FROM users WHERE id IN ({listed})")
    assert await sql("SELECT DISTINCT viewer_id, viewer_key FROM ad_impressions") == [(None, None)]
    assert await sql("SELECT DISTINCT viewer_id, viewer_key FROM ad_reservations") == [(None, None)]
    assert await sql("SELECT count(*) FROM ad_viewer_days") == [(0,)]
    await ad_serving.record_impressions(
        database,
        [
            ad_serving.NewImpression(id=row[0], shown_at=database.now())
            for row in await sql("SELECT CAST(id AS text) FROM ad_reservations")
        ],
    )
    budget = await ad_serving.get_budget(database, made.id)
    assert (budget.reserved, budget.spent) == (0, 200)
    assert await ad_serving.list_wrong_budgets(database) == []


async def test_a_campaign_whose_owner_is_deleted_keeps_its_sums(database: Database, sql: Sql, user: User) -> None:
    made = await campaign(database)
    await creative(database, made)
    await seen(database, user)
    await sql(f"DELETE FROM users WHERE id = '{made.owner_id}'")
    assert (await ad_serving.get_budget(database, made.id)).spent == 10
    assert await ad_serving.list_eligible_ads(database, builders.ad_request()) == []
