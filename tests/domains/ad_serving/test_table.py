"""The tables of ads keep their rules when SQL bypasses the package."""

from uuid import UUID

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, ad_serving, builders, open_database, sealing, uuid7
from hangar_dal.ad_serving import Reservation
from hangar_dal.campaigns import Campaign, CampaignStatus, Creative, CreativeStatus
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from tests.helpers.advertising import campaign, creative, person
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql, rule_against, sql_on

AT, LATER, DAY = "2030-01-01T00:00:00.000000Z", "2030-01-01T00:10:00.000000Z", "2030-01-01"
RESERVE = """
INSERT INTO ad_reservations (id, campaign_id, creative_id, viewer_id, viewer_key, price, reserved_at, expires_at)
VALUES ('{id}', '{campaign}', '{creative}', {viewer}, {key}, {price}, '{at}', '{until}')
"""
SHOW = """
INSERT INTO ad_impressions
(id, campaign_id, creative_id, viewer_id, viewer_key, price, day, shown_at, reported_at)
VALUES ('{id}', '{campaign}', '{creative}', {viewer}, {key}, {price}, '{day}', '{at}', {reported})
"""
CLICK = "INSERT INTO ad_clicks (impression_id, clicked_at, reported_at) VALUES ('{}', '{}', {})"
TABLES = ["ad_budgets", "ad_days", "ad_viewer_days", "ad_reservations", "ad_impressions", "ad_clicks"]
# Rules about several columns, which are looked at first.
AHEAD = frozenset(
    {
        "ad_days_settled_check",
        "ad_reservations_expiry_check",
        "ad_reservations_viewer_check",
        "ad_impressions_viewer_check",
    }
)


@pytest.fixture
async def made(database: Database, user: User) -> Campaign:
    return await campaign(database, user, total_budget=60, daily_budget=50, ends_at=builders.LATER, frequency_cap=3)


@pytest.fixture
async def shown(database: Database, made: Campaign) -> Creative:
    return await creative(database, made)


def reserve(shown: Creative, /, **given: object) -> str:
    usual = {"campaign": shown.campaign_id, "creative": shown.id, "price": 10, "at": AT, "until": LATER}
    return RESERVE.format(**{"id": uuid7(), "viewer": "NULL", "key": f"'{uuid7()}'", **usual, **given})


def show(reservation_id: UUID, shown: Creative, /, **given: object) -> str:
    usual = {"campaign": shown.campaign_id, "creative": shown.id, "price": 10, "at": AT, "day": DAY, "reported": "NULL"}
    return SHOW.format(**{"id": reservation_id, "viewer": "NULL", "key": "'x'", **usual, **given})


async def reserved(db: Database, shown: Creative, viewer: User | None = None) -> Reservation:
    return await ad_serving.reserve(db, builders.reservation(shown.campaign_id, shown, viewer))


async def test_nothing_is_reserved_above_a_budget_or_a_cap(
    database: Database, sql: Sql, made: Campaign, shown: Creative
) -> None:
    for _ in range(3):
        await sql(reserve(shown, key="'x'"))
    assert await rule_against(sql, reserve(shown, key="'x'")) == "ad_viewer_days_cap"
    for _ in range(2):
        await sql(reserve(shown))
    assert await rule_against(sql, reserve(shown)) == "ad_days_budget"
    another = {"at": "2030-01-02T00:00:00.000000Z", "until": "2030-01-02T00:10:00.000000Z"}
    await sql(reserve(shown, key="'x'", **another))
    assert await rule_against(sql, reserve(shown, **another)) == "ad_budgets_budget"
    assert (await ad_serving.get_budget(database, made.id)).available == 0
    assert await ad_serving.list_wrong_budgets(database) == []
    await sql("DELETE FROM ad_reservations")
    assert (await ad_serving.get_budget(database, made.id)).available == 60
    assert await sql("SELECT DISTINCT shown FROM ad_viewer_days") == [(0,)]
    assert await ad_serving.list_wrong_budgets(database) == []


async def test_the_table_refuses_what_is_no_reservation(
    database: Database, sql: Sql, user: User, made: Campaign, shown: Creative
) -> None:
    draft = await creative(database, made, status=CreativeStatus.DRAFT)
    paused = await creative(database, await campaign(database, status=CampaignStatus.PAUSED))
    was_shown = await reserved(database, shown)
    await ad_serving.record_impression(database, was_shown.id)
    for text, rule in (
        (reserve(shown, price=9), "ad_reservations_running"),
        (reserve(shown, at="2023-12-31T23:59:59.999999Z"), "ad_reservations_running"),
        (
            reserve(shown, at="2100-01-01T00:00:00.000000Z", until="2100-01-01T00:00:01.000000Z"),
            "ad_reservations_running",
        ),
        (reserve(paused), "ad_reservations_running"),
        (reserve(draft), "ad_reservations_approved"),
        (reserve(shown, id=was_shown.id), "ad_reservations_once"),
        (reserve(shown, until=AT), "ad_reservations_expiry_check"),
        (reserve(shown, key="NULL"), "ad_reservations_viewer_given"),
        (reserve(shown, viewer=f"'{user.id}'"), "ad_reservations_viewer_check"),
        (reserve(shown, key="''"), "ad_reservations_viewer_key_check"),
    ):
        assert await rule_against(sql, text) == rule, text
    with pytest.raises(ConstraintViolation):
        await sql(reserve(shown, campaign=paused.campaign_id, creative=shown.id))


async def test_a_reservation_is_not_changed(database: Database, sql: Sql, user: User, shown: Creative) -> None:
    await reserved(database, shown, user)
    other = await person(database)
    for change in (
        f"id = '{uuid7()}'",
        f"campaign_id = '{uuid7()}'",
        f"creative_id = '{uuid7()}'",
        f"viewer_id = '{other.id}'",
        "viewer_id = NULL, viewer_key = 'x'",
        "price = 9",
        f"reserved_at = '{AT}'",
        f"expires_at = '{builders.LATER}'",
    ):
        text = f"UPDATE ad_reservations SET {change}"
        if "expires_at" in change:
            text = "UPDATE ad_reservations SET expires_at = '2099-01-01T00:00:00.000000Z'"
        assert await rule_against(sql, text) == "ad_reservations_unchanged", change
    await sql("UPDATE ad_reservations SET viewer_id = NULL")
    assert await rule_against(sql, f"UPDATE ad_reservations SET viewer_id = '{user.id}'") == "ad_reservations_unchanged"


async def test_an_impression_is_that_of_an_open_reservation(
    database: Database, sql: Sql, user: User, made: Campaign, shown: Creative
) -> None:
    other, request = await creative(database, made), uuid7()
    await sql(reserve(shown, id=request, key="'x'"))
    for text in (
        show(uuid7(), shown),
        show(request, other),
        show(request, shown, price=9),
        show(request, shown, key="'y'"),
        show(request, shown, key="NULL"),
        show(request, shown, key="NULL", viewer=f"'{user.id}'"),
        show(request, shown, day="2030-01-02"),
        show(request, shown, at="2029-12-31T23:59:59.999999Z"),
        show(request, shown, at=LATER),
        show(request, shown, reported=f"'{AT}'"),
    ):
        assert await rule_against(sql, text) == "ad_impressions_reserved", text
    await sql(show(request, shown))
    assert await sql("SELECT reserved, spent FROM ad_budgets") == [(0, 10)]
    assert await sql("SELECT reserved, spent FROM ad_days") == [(0, 10)]
    assert await sql("SELECT shown FROM ad_viewer_days") == [(1,)]
    with pytest.raises(ConstraintViolation):
        await sql(show(request, shown))


async def test_impressions_and_clicks_are_neither_changed_nor_deleted(
    database: Database, sql: Sql, user: User, shown: Creative
) -> None:
    row = await reserved(database, shown, user)
    await ad_serving.record_impression(database, row.id)
    assert await rule_against(sql, CLICK.format(row.id, AT, f"'{AT}'")) == "ad_clicks_unreported"
    await ad_serving.record_click(database, row.id)
    with pytest.raises(ConstraintViolation):
        await sql(CLICK.format(uuid7(), AT, "NULL"))
    for change in (
        f"id = '{uuid7()}'",
        f"campaign_id = '{uuid7()}'",
        f"creative_id = '{uuid7()}'",
        "viewer_id = NULL, viewer_key = 'x'",
        "price = 9",
        f"day = '{DAY}'",
        f"shown_at = '{AT}'",
    ):
        assert await rule_against(sql, f"UPDATE ad_impressions SET {change}") == "ad_impressions_unchanged", change
    for change in (f"impression_id = '{uuid7()}'", f"clicked_at = '{AT}'"):
        assert await rule_against(sql, f"UPDATE ad_clicks SET {change}") == "ad_clicks_unchanged", change
    assert await rule_against(sql, "DELETE FROM ad_clicks") == "ad_clicks_kept"
    assert await rule_against(sql, "DELETE FROM ad_impressions") == "ad_impressions_kept"
    await sql(f"UPDATE ad_impressions SET reported_at = '{AT}'")
    assert await rule_against(sql, "DELETE FROM ad_impressions") == "ad_clicks_kept"
    await sql(f"UPDATE ad_clicks SET reported_at = '{AT}'")
    for table in ("ad_impressions", "ad_clicks"):
        for value in ("NULL", f"'{LATER}'"):
            said = await rule_against(sql, f"UPDATE {table} SET reported_at = {value}")
            assert said == f"{table}_unchanged"
    await sql("DELETE FROM ad_impressions")
    assert await sql("SELECT count(*) FROM ad_clicks") == [(0,)]
    assert await sql("SELECT spent FROM ad_budgets") == [(10,)]


async def test_sums_that_somebody_changed_are_found(database: Database, sql: Sql, shown: Creative) -> None:
    await reserved(database, shown)
    await sql("UPDATE ad_budgets SET reserved = reserved + 5, spent = spent + 3")
    (wrong,) = await ad_serving.list_wrong_budgets(database)
    assert (wrong.reserved, wrong.held, wrong.reserved_by_day) == (15, 10, 10)
    assert (wrong.spent, wrong.spent_by_day) == (3, 0)


async def test_columns_refuse_what_is_no_value_of_their_kind(
    database: Database, sql: Sql, user: User, made: Campaign, shown: Creative
) -> None:
    for viewer in (user, None, user, None):
        row = await reserved(database, shown, viewer)
        if (await sql("SELECT count(*) FROM ad_impressions"))[0][0] < 2:
            await ad_serving.record_impression(database, row.id)
            await ad_serving.record_click(database, row.id)
    await sql(f"UPDATE ad_impressions SET reported_at = '{AT}'")
    await sql(f"UPDATE ad_clicks SET reported_at = '{AT}'")
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, TABLES, ahead=AHEAD) == []
    for text, rule in (
        ("UPDATE ad_viewer_days SET viewer = 'u:'", "ad_viewer_days_viewer_check"),
        ("UPDATE ad_days SET settled = 1000", "ad_days_settled_check"),
        ("UPDATE ad_impressions SET price = 0", "ad_impressions_price_check"),
        ("UPDATE ad_impressions SET viewer_key = ''", "ad_impressions_viewer_key_check"),
        ("UPDATE ad_impressions SET viewer_key = 'x'", "ad_impressions_viewer_check"),
    ):
        with pytest.raises(CheckViolation) as caught:
            await sql(text + (" WHERE viewer_key IS NOT NULL" if rule.endswith("key_check") else ""))
        assert caught.value.constraint == rule


async def test_replace_does_not_get_past_the_rows(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        one = await creative(db, await campaign(db))
        was_shown, open_one = await reserved(db, one), await reserved(db, one)
        await ad_serving.record_impression(db, was_shown.id)
        await ad_serving.record_click(db, was_shown.id)
        for text, rule in (
            (reserve(one, id=open_one.id), "ad_reservations_not_replaced"),
            (show(was_shown.id, one), "ad_impressions_not_replaced"),
            (CLICK.format(was_shown.id, AT, "NULL"), "ad_clicks_not_replaced"),
        ):
            assert await rule_against(sql_on(db), text.replace("INSERT", "INSERT OR REPLACE", 1)) == rule


async def test_the_rows_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        for table in ("ad_reservations", "ad_impressions", "ad_clicks"):
            with pytest.raises(TriggerViolation) as caught:
                await sql_on(db)(f"TRUNCATE {table} CASCADE")
            assert caught.value.constraint == "ad_rows_not_truncated"


@pytest.mark.parametrize("clause", ["OR IGNORE", "OR FAIL"])
async def test_no_clause_of_sqlite_hides_that_a_budget_has_less(sqlite_url: str, clause: str) -> None:
    """What a CHECK refuses in a trigger would be passed over, and the ad reserved."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        limits = {"total_budget": 30, "daily_budget": 20, "bid": 10, "frequency_cap": 1}
        one = await creative(db, await campaign(db, **limits))
        sql = sql_on(db)
        later = {"at": "2030-01-02T00:00:00.000000Z", "until": "2030-01-02T00:10:00.000000Z"}
        for text, rule in (
            (reserve(one, key="'x'"), None),
            (reserve(one, key="'x'"), "ad_viewer_days_cap"),
            (reserve(one), None),
            (reserve(one), "ad_days_budget"),
            (reserve(one, **later), None),
            (reserve(one, **later), "ad_budgets_budget"),
        ):
            reserving = text.replace("INSERT", f"INSERT {clause}", 1)
            if rule is None:
                await sql(reserving)
            else:
                assert await rule_against(sql, reserving) == rule
        assert await sql("SELECT count(*) FROM ad_reservations") == [(3,)]
        assert await ad_serving.list_wrong_budgets(db) == []
