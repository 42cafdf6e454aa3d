"""The tables of campaigns keep their rules when SQL bypasses the package."""

from itertools import product

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, campaigns, open_database, sealing, uuid7
from hangar_dal.builders import LATER
from hangar_dal.campaigns import CampaignStatus, CreativeStatus
from hangar_dal.errors import CheckViolation
from tests.helpers.advertising import campaign, creative, words
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql, rule_against, sql_on

AT = "2030-01-01T00:00:00.000000Z"
CAMPAIGNS = {
    "DRAFT": {"REVIEW", "ENDED"},
    "REVIEW": {"DRAFT", "ACTIVE", "REJECTED", "ENDED"},
    "ACTIVE": {"PAUSED", "ENDED"},
    "PAUSED": {"ACTIVE", "ENDED"},
    "REJECTED": {"DRAFT", "ENDED"},
    "ENDED": set[str](),
}
CREATIVES = {
    "DRAFT": {"REVIEW", "RETIRED"},
    "REVIEW": {"DRAFT", "APPROVED", "REJECTED", "RETIRED"},
    "APPROVED": {"PAUSED", "RETIRED"},
    "PAUSED": {"APPROVED", "RETIRED"},
    "REJECTED": {"DRAFT", "RETIRED"},
    "RETIRED": set[str](),
}
KEYWORDS = "SELECT keyword, active_bid FROM campaign_keywords ORDER BY keyword"
# Rules about several columns, which are looked at first.
AHEAD = frozenset({"campaigns_budgets_check", "campaigns_dates_check"})


async def test_a_campaign_reaches_a_status_only_from_those_that_lead_to_it(
    database: Database, sql: Sql, user: User
) -> None:
    wrong = []
    for first, second in product(CAMPAIGNS, CAMPAIGNS):
        one = await campaign(database, user, status=CampaignStatus(first))
        rule = await rule_against(sql, f"UPDATE campaigns SET status = '{second}' WHERE id = '{one.id}'")
        if rule != (None if second in {first, *CAMPAIGNS[first]} else "campaigns_status_transition"):
            wrong.append((first, second, rule))
    assert wrong == []


async def test_a_creative_reaches_a_status_only_from_those_that_lead_to_it(
    database: Database, sql: Sql, user: User
) -> None:
    wrong, of_campaign = [], await campaign(database, user)
    for first, second in product(CREATIVES, CREATIVES):
        one = await creative(database, of_campaign, status=CreativeStatus(first))
        rule = await rule_against(sql, f"UPDATE creatives SET status = '{second}' WHERE id = '{one.id}'")
        if rule != (None if second in {first, *CREATIVES[first]} else "creatives_status_transition"):
            wrong.append((first, second, rule))
    assert wrong == []


async def test_the_tables_refuse_what_is_no_campaign(database: Database, sql: Sql, user: User) -> None:
    one = await campaign(database, user)
    await creative(database, one)
    for change, rule in (
        ("bid = 10001", "campaigns_budgets_check"),
        ("daily_budget = 100001", "campaigns_budgets_check"),
        ("total_budget = 9999", "campaigns_budgets_check"),
        ("total_budget = 1000000000000001", "campaigns_total_budget_check"),
        ("ends_at = starts_at", "campaigns_dates_check"),
        ("pacing = 'SLOW'", "campaigns_pacing_check"),
        ("frequency_cap = 0", "campaigns_frequency_cap_check"),
        ("name = ''", "campaigns_name_check"),
        (f"id = '{uuid7()}'", "campaigns_unchanged"),
        ("currency = 'USD'", "campaigns_unchanged"),
        (f"created_at = '{AT}'", "campaigns_unchanged"),
        ("targeting = '[]'", "campaigns_targeting_check"),
        ('targeting = \'{"country": "DE"}\'', "campaigns_targeting_lists"),
        ("targeting = '{\"country\": [1]}'", "campaigns_targeting_lists"),
        (f"keywords = {words(database, 'a', 'a')}", "campaigns_keywords_each_once"),
        (f"keywords = {words(database, '')}", "campaigns_keywords_each_once"),
    ):
        assert await rule_against(sql, f"UPDATE campaigns SET {change}") == rule, change
    for change, rule in (
        (f"id = '{uuid7()}'", "creatives_unchanged"),
        (f"campaign_id = '{uuid7()}'", "creatives_unchanged"),
        (f"created_at = '{AT}'", "creatives_unchanged"),
    ):
        assert await rule_against(sql, f"UPDATE creatives SET {change}") == rule, change


async def test_a_new_campaign_has_lists_of_texts_as_targeting(database: Database, sql: Sql, user: User) -> None:
    text = f"""
    INSERT INTO campaigns (id, owner_id, name, total_budget, daily_budget, bid, currency, starts_at, targeting,
    created_at, updated_at)
    VALUES ('{uuid7()}', '{user.id}', 'x', 3, 2, 1, 'EUR', '{AT}', '{{"country": [["DE"]]}}', '{AT}', '{AT}')
    """
    assert await rule_against(sql, text) == "campaigns_targeting_lists"


async def test_a_campaign_that_has_ended_is_not_changed(database: Database, sql: Sql, user: User) -> None:
    one = await campaign(database, user, status=CampaignStatus.ENDED)
    for change in (
        "name = 'x'",
        "total_budget = 200000",
        "daily_budget = 200",
        "bid = 20",
        f"starts_at = '{AT}'",
        f"ends_at = '{AT}'",
        "targeting = '{\"country\": []}'",
        f"keywords = {words(database, 'a')}",
        "frequency_cap = 3",
        "pacing = 'EVEN'",
    ):
        assert await rule_against(sql, f"UPDATE campaigns SET {change}") == "campaigns_ended", change
    changed = await campaigns.update_campaign(database, one.id, metadata={"note": 1})
    assert changed.metadata == {"note": 1}


async def test_only_a_draft_of_a_creative_is_edited(database: Database, sql: Sql, user: User) -> None:
    of_campaign = await campaign(database, user)
    for status in sorted(set(CREATIVES) - {"DRAFT"}):
        one = await creative(database, of_campaign, status=CreativeStatus(status))
        for change in (
            "title = 'x'",
            "body = 'x'",
            "image_url = 'x'",
            "landing_url = 'x'",
            "title = 'x', status = 'DRAFT'",
        ):
            said = await rule_against(sql, f"UPDATE creatives SET {change} WHERE id = '{one.id}'")
            assert said in {"creatives_reviewed", "creatives_status_transition"}, (status, change)
    await sql("UPDATE creatives SET metadata = '{\"note\": 1}'")


async def test_keywords_follow_the_campaign_and_change_nowhere_else(database: Database, sql: Sql, user: User) -> None:
    one = await campaign(database, user, keywords=["a", "b"])
    other = await campaign(database, user, keywords=["c"], status=CampaignStatus.DRAFT)
    assert await sql(KEYWORDS) == [("a", 10), ("b", 10), ("c", None)]
    rule = "campaign_keywords_of_campaign"
    for text in (
        "UPDATE campaign_keywords SET active_bid = 11 WHERE keyword = 'a'",
        "UPDATE campaign_keywords SET currency = 'USD' WHERE keyword = 'a'",
        "UPDATE campaign_keywords SET keyword = 'x' WHERE keyword = 'a'",
        f"UPDATE campaign_keywords SET campaign_id = '{other.id}' WHERE keyword = 'a'",
        "DELETE FROM campaign_keywords WHERE keyword = 'a'",
        f"INSERT INTO campaign_keywords VALUES ('x', '{one.id}', 'EUR', 10)",
        f"INSERT INTO campaign_keywords VALUES ('', '{one.id}', 'EUR', 10)",
    ):
        assert await rule_against(sql, text) == rule, text
    await campaigns.update_campaign(database, one.id, keywords=["b", "d"], bid=30)
    await campaigns.update_campaign(database, other.id, keywords=[])
    assert await sql(KEYWORDS) == [("", None), ("b", 30), ("d", 30)]
    await campaigns.set_campaign_status(database, one.id, CampaignStatus.PAUSED)
    await campaigns.update_campaign(database, other.id, keywords=["c"])
    assert await sql(KEYWORDS) == [("b", None), ("c", None), ("d", None)]


async def test_a_campaign_without_an_owner_has_ended(database: Database, sql: Sql, user: User) -> None:
    one = await campaign(database, user, keywords=["a"])
    for status in set(CAMPAIGNS) - {"ACTIVE"}:
        await campaign(database, user, status=CampaignStatus(status))
    text = f"""
    INSERT INTO campaigns (id, name, total_budget, daily_budget, bid, currency, starts_at, status, created_at,
    updated_at)
    VALUES ('{uuid7()}', 'x', 3, 2, 1, 'EUR', '{AT}', '{{}}', '{AT}', '{AT}')
    """
    assert await rule_against(sql, text.format("PAUSED")) == "campaigns_owned"
    await sql(text.format("ENDED"))
    await sql(f"DELETE FROM users WHERE id = '{user.id}'")
    assert await sql("SELECT DISTINCT owner_id, status FROM campaigns") == [(None, "ENDED")]
    assert await sql("SELECT active_bid FROM campaign_keywords WHERE keyword = 'a'") == [(None,)]
    change = f"UPDATE campaigns SET status = 'ACTIVE' WHERE id = '{one.id}'"
    assert await rule_against(sql, change) == "campaigns_status_transition"


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, user: User) -> None:
    one = await campaign(database, user, ends_at=LATER, frequency_cap=2, targeting={"country": ["DE"]}, keywords=["a"])
    await creative(database, one, image_url="https://example.com/a.png")
    await drop_triggers(database, sql)
    tables = ["campaigns", "campaign_keywords", "creatives"]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []
    for text, rule in (
        ("UPDATE creatives SET title = ''", "creatives_title_check"),
        ("UPDATE campaigns SET status = 'GONE'", "campaigns_status_check"),
        ("UPDATE creatives SET status = 'GONE'", "creatives_status_check"),
        ("UPDATE campaigns SET currency = 'EUr'", "campaigns_currency_check"),
        ("UPDATE campaign_keywords SET currency = 'EUr'", "campaign_keywords_currency_check"),
        (f"UPDATE campaign_keywords SET keyword = '{'x' * 51}'", "campaign_keywords_keyword_check"),
        (f"UPDATE creatives SET body = '{'x' * 2001}'", "creatives_body_check"),
        ("UPDATE creatives SET image_url = ''", "creatives_image_url_check"),
        ("UPDATE creatives SET landing_url = ''", "creatives_landing_url_check"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(text)
        assert caught.value.constraint == rule


async def test_replace_does_not_get_past_the_states(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        one = await campaign(db)
        await creative(db, one)
        names = "id, name, total_budget, daily_budget, bid, currency, starts_at, status, created_at, updated_at"
        of_creative = "id, campaign_id, title, landing_url, created_at, updated_at"
        for text, rule in (
            (f"INTO campaigns ({names}) SELECT {names} FROM campaigns", "campaigns_not_replaced"),
            (f"INTO creatives ({of_creative}) SELECT {of_creative} FROM creatives", "creatives_not_replaced"),
        ):
            assert await rule_against(sql_on(db), f"INSERT OR REPLACE {text}") == rule
