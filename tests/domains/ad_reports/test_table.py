"""The tables of reports and settlements keep their rules when SQL bypasses the package."""

from uuid import UUID

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, ad_reports, builders, ledger, open_database, sealing, uuid7
from hangar_dal.campaigns import Campaign
from hangar_dal.errors import ConstraintViolation, TriggerViolation
from hangar_dal.ledger import Transfer
from tests.helpers.advertising import campaign, creative, seen
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.commerce import account
from tests.helpers.domain_fixtures import Sql, rule_against, sql_on

AT, DAY = "2030-01-05T00:00:00.000000Z", "2030-01-02"
REPORTS = "SELECT impressions, clicks, spent FROM ad_reports"
SETTLE = """
INSERT INTO ad_settlements (id, campaign_id, day, amount, settled_at)
VALUES ('{id}', '{campaign}', '{day}', {amount}, '{at}')
"""


@pytest.fixture
async def made(database: Database, user: User) -> Campaign:
    made = await campaign(database, user)
    await creative(database, made)
    return made


async def moved(db: Database, amount: int, currency: str = "EUR") -> Transfer:
    one, other = await account(db, amount, currency=currency), await account(db, currency=currency)
    return await ledger.transfer(db, builders.transfer(one, other, amount=amount, currency=currency))


def settle(made: Campaign, transfer_id: UUID, amount: int, day: str = DAY) -> str:
    return SETTLE.format(id=transfer_id, campaign=made.id, day=day, amount=amount, at=AT)


async def test_what_is_marked_is_in_the_reports_once(database: Database, sql: Sql, made: Campaign) -> None:
    for _ in range(3):
        await seen(database)
    assert await rule_against(sql, f"UPDATE ad_clicks SET reported_at = '{AT}'") == "ad_clicks_of_reported"
    await sql(f"UPDATE ad_impressions SET reported_at = '{AT}'")
    assert await sql(REPORTS) == [(3, 0, 30)]
    await sql("UPDATE ad_impressions SET viewer_id = NULL")
    await sql(f"UPDATE ad_clicks SET reported_at = '{AT}'")
    await sql(f"UPDATE ad_clicks SET reported_at = '{AT}'")
    assert await sql(REPORTS) == [(3, 3, 30)]
    await sql("DELETE FROM ad_impressions")
    assert await sql(REPORTS) == [(3, 3, 30)]
    assert await rule_against(sql, "UPDATE ad_reports SET clicks = 4") == "ad_reports_clicks_check"


async def test_reports_that_somebody_changed_are_found(database: Database, sql: Sql, made: Campaign) -> None:
    await seen(database)
    await seen(database)
    await ad_reports.report_impressions(database, batch_size=1)
    assert await ad_reports.list_wrong_reports(database) == []
    await sql("UPDATE ad_reports SET spent = spent + 1")
    (wrong,) = await ad_reports.list_wrong_reports(database)
    assert (wrong.campaign_id, wrong.spent, wrong.reported, wrong.waiting) == (made.id, 20, 11, 10)


async def test_a_settlement_is_that_of_a_transfer_and_pays_what_was_spent(
    database: Database, sql: Sql, made: Campaign
) -> None:
    for _ in range(3):
        await seen(database)
    paid, dollars, other = await moved(database, 20), await moved(database, 20, "USD"), await moved(database, 11)
    with pytest.raises(ConstraintViolation):
        await sql(settle(made, uuid7(), 10))
    with pytest.raises(ConstraintViolation):
        await sql(settle(made, paid.id, 20, day="2030-01-03"))
    assert await rule_against(sql, settle(made, paid.id, 10)) == "ad_settlements_of_transfer"
    assert await rule_against(sql, settle(made, dollars.id, 20)) == "ad_settlements_of_transfer"
    assert await rule_against(sql, settle(made, paid.id, 0)) == "ad_settlements_amount_check"
    held = await ledger.hold(database, builders.hold(await account(database, 5), await account(database), amount=5))
    assert await rule_against(sql, settle(made, held.id, 5)) == "ad_settlements_of_transfer"
    await sql(settle(made, paid.id, 20))
    with pytest.raises(ConstraintViolation):
        await sql(settle(made, paid.id, 20))
    assert await rule_against(sql, settle(made, other.id, 11)) == "ad_days_settled"
    assert await rule_against(sql, "UPDATE ad_settlements SET amount = 10") == "ad_settlements_unchanged"
    assert await rule_against(sql, "DELETE FROM ad_settlements") == "ad_settlements_kept"
    assert await sql("SELECT spent, settled FROM ad_days") == [(30, 20)]


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, made: Campaign) -> None:
    await seen(database)
    await ad_reports.roll_up(database)
    await sql(settle(made, (await moved(database, 10)).id, 10))
    await drop_triggers(database, sql)
    ahead = frozenset({"ad_reports_clicks_check"})
    assert await unrefused(database, sql, ["ad_reports", "ad_settlements"], ahead=ahead) == []


async def test_replace_does_not_get_past_the_settlements(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        made = await campaign(db)
        await creative(db, made)
        await seen(db)
        paid = await moved(db, 10)
        sql, text = sql_on(db), settle(made, paid.id, 10, day=db.now().date().isoformat())
        await sql(text)
        assert await rule_against(sql, text.replace("INSERT", "INSERT OR REPLACE", 1)) == "ad_settlements_not_replaced"


@pytest.mark.parametrize("clause", ["OR IGNORE", "OR FAIL"])
async def test_no_clause_of_sqlite_pays_more_than_was_spent(sqlite_url: str, clause: str) -> None:
    """What a CHECK refuses in a trigger would be passed over, and the settlement stored."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        made = await campaign(db)
        await creative(db, made)
        await seen(db)
        text = settle(made, (await moved(db, 11)).id, 11, day=db.now().date().isoformat())
        assert await rule_against(sql_on(db), text.replace("INSERT", f"INSERT {clause}", 1)) == "ad_days_settled"
        assert await ad_reports.list_settlements(db, made.id) == []


async def test_the_settlements_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        with pytest.raises(TriggerViolation) as caught:
            await sql_on(db)("TRUNCATE ad_settlements")
        assert caught.value.constraint == "ad_settlements_kept"
