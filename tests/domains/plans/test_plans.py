"""Plans are created once, keep their price, and are closed."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import COMMERCE, Database, Settings, builders, open_database, plans, sealing, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.plans import IntervalUnit, Plan
from tests.helpers.clock import Clock
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql, sql_on

COPY = """
INSERT OR REPLACE INTO plans (id, code, name, amount, currency, interval_unit, interval_count, created_at)
SELECT {id}, {code}, name, 1, currency, interval_unit, interval_count, created_at FROM plans
"""


@pytest.fixture
async def plan(database: Database) -> Plan:
    return await plans.create_plan(database, builders.plan(code="pro", trial_days=14))


async def test_a_plan_is_created_once(database: Database) -> None:
    new = builders.plan(code="pro", interval_unit=IntervalUnit.YEAR, metadata={"seats": 5})
    plan = await plans.create_plan(database, new)
    assert plan.model_dump(exclude={"created_at", "closed_at"}) == new.model_dump()
    assert await plans.create_plan(database, new) == plan
    assert await plans.create_plan(database, new.model_copy(update={"id": uuid7()})) == plan
    assert await plans.find_plan(database, "pro") == await plans.get_plan(database, plan.id) == plan
    assert await plans.find_plan(database, "free") is None
    others: list[dict[str, Any]] = [{"amount": 1}, {"trial_days": 1}, {"currency": "USD"}, {"code": "other"}]
    for other in others:
        with pytest.raises(UniqueViolation):
            await plans.create_plan(database, new.model_copy(update=other))


async def test_the_name_and_the_metadata_are_changed(database: Database, plan: Plan) -> None:
    assert (await plans.update_plan(database, plan.id, name="Pro")).name == "Pro"
    changed = await plans.update_plan(database, plan.id, metadata={"a": 1})
    assert (changed.name, changed.metadata) == ("Pro", {"a": 1})
    with pytest.raises(NotFound):
        await plans.update_plan(database, uuid7(), name="Pro")


async def test_a_plan_is_closed_once(database: Database, clock: Clock, plan: Plan) -> None:
    closed = await plans.close_plan(database, plan.id)
    assert closed.closed_at == database.now()
    clock.advance(timedelta(hours=1))
    assert await plans.close_plan(database, plan.id) == closed


async def test_plans_are_listed_in_pages(database: Database, clock: Clock) -> None:
    made = []
    for amount in (500, 100, 300):
        made.append(await plans.create_plan(database, builders.plan(amount=amount)))
        clock.advance(timedelta(seconds=1))
    other = await plans.create_plan(database, builders.plan(currency="USD"))
    first = await plans.list_plans(database, limit=2)
    assert first == [other, made[2]]
    assert await plans.list_plans(database, after=first[-1]) == [made[1], made[0]]
    cheap = await plans.list_open_plans(database, "EUR", limit=2)
    assert [each.amount for each in cheap] == [100, 300]
    assert await plans.list_open_plans(database, "EUR", after=cheap[-1]) == [made[0]]
    await plans.close_plan(database, made[0].id)
    assert await plans.list_open_plans(database, "EUR") == cheap


async def test_plans_are_exported_and_imported(database: Database) -> None:
    rows = [builders.plan() for _ in range(5)]
    assert await plans.import_plans(database, rows, batch_size=2) == 5
    assert await plans.import_plans(database, [*rows, builders.plan()], batch_size=4) == 1
    async with plans.stream_plans(database) as stream:
        ids = [plan.id async for plan in stream]
    assert ids[:5] == [row.id for row in rows]


async def test_a_plan_keeps_its_price(sql: Sql, plan: Plan) -> None:
    for change in (
        f"id = '{uuid7()}'",
        "code = 'x'",
        "amount = 1",
        "currency = 'USD'",
        "interval_unit = 'YEAR'",
        "interval_count = 2",
        "trial_days = 1",
        "created_at = '2020-01-01T00:00:00.000000Z'",
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE plans SET {change}")
        assert refused.value.constraint == "plans_unchanged", change


async def test_a_plan_stays_closed(database: Database, sql: Sql, plan: Plan) -> None:
    await plans.close_plan(database, plan.id)
    for instant in ("NULL", "'2020-01-01T00:00:00.000000Z'"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE plans SET closed_at = {instant}")
        assert refused.value.constraint == "plans_unchanged"


async def test_columns_of_plans_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, plan: Plan) -> None:
    await plans.close_plan(database, plan.id)
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["plans"], ahead=frozenset()) == []
    for change, rule in (
        ("code = ''", "plans_code_check"),
        ("name = ''", "plans_name_check"),
        ("amount = 1000000000000001", "plans_amount_check"),
        ("currency = 'EUr'", "plans_currency_check"),
        ("interval_unit = 'HOUR'", "plans_interval_unit_check"),
        ("interval_count = 0", "plans_interval_count_check"),
        ("trial_days = 1001", "plans_trial_days_check"),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(f"UPDATE plans SET {change}")
        assert refused.value.constraint == rule
    await plans.create_plan(database, builders.plan())
    with pytest.raises(ConstraintViolation):
        await sql("UPDATE plans SET code = 'x'")


async def test_replace_does_not_change_a_plan(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        plan = await plans.create_plan(db, builders.plan())
        for values in ({"id": "id", "code": "'x'"}, {"id": f"'{uuid7()}'", "code": "code"}):
            with pytest.raises(TriggerViolation) as refused:
                await sql_on(db)(COPY.format(**values))
            assert refused.value.constraint == "plans_not_replaced"
        assert await plans.get_plan(db, plan.id) == plan
