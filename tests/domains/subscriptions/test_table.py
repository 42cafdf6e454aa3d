"""The tables of subscriptions keep their rules when SQL bypasses the package."""

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, builders, open_database, sealing, subscriptions, users, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from hangar_dal.subscriptions import Subscription, SubscriptionStatus
from tests.helpers.billing import periods, sold, subscribed
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql, sql_on

AT = "'2030-01-10T00:00:00.000000Z'"
LATER = "'2030-03-10T00:00:00.000000Z'"
MUCH_LATER = "'2031-03-10T00:00:00.000000Z'"
PERIOD = """
INSERT INTO subscription_periods
(subscription_id, number, previous_number, kind, plan_id, currency, starts_at, ends_at, amount, credit)
SELECT subscription_id, {number}, {previous}, kind, plan_id, currency, {starts}, {ends}, amount, credit
FROM subscription_periods
"""
# Rules about several columns, which are looked at first.
AHEAD = frozenset(
    {
        "subscriptions_period_check",
        "subscriptions_price_check",
        "subscription_periods_order_check",
        "subscription_periods_price_check",
        "subscription_periods_first_check",
        "subscription_periods_previous_number_check",
    }
)
COPY = f"""
INSERT INTO subscriptions (
    id, user_id, plan_id, currency, status, period_kind, period_starts_at, period_ends_at, anchor_day, created_at
)
SELECT {{id}}, {{user}}, plan_id, currency, {{status}}, period_kind, {AT}, {LATER}, 1, created_at FROM subscriptions
"""


@pytest.fixture
async def begun(database: Database, user: User) -> Subscription:
    return await subscribed(database, user)


def next_period(*, number: str = "period_number + 1", **given: str) -> str:
    sets = {"period_number": number, "period_starts_at": "period_ends_at", "period_ends_at": LATER} | given
    return "UPDATE subscriptions SET " + ", ".join(f"{name} = {value}" for name, value in sets.items())


async def test_a_period_begins_where_the_one_before_it_ends(database: Database, sql: Sql, begun: Subscription) -> None:
    fkey = "subscription_periods_previous_number_fkey"
    for text, rules in (
        (next_period(period_starts_at="'2030-02-05T00:00:00.000000Z'"), {fkey}),
        (next_period(number="period_number + 2"), {fkey}),
        (next_period(period_starts_at="'2029-01-01T00:00:00.000000Z'"), {"subscription_periods_order"}),
        (next_period(number="period_number - 1"), {"subscriptions_period_number_check"}),
        (next_period(period_ends_at="period_starts_at"), {"subscriptions_period_check"}),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(text)
        assert refused.value.constraint in {*rules, None}, text  # SQLite does not name a foreign key
    await sql(next_period(period_starts_at=AT))
    assert [period.number for period in await periods(database, begun)] == [1, 2]
    with pytest.raises(ConstraintViolation):
        await sql(next_period(number="period_number - 1"))


async def test_the_periods_are_those_of_their_subscription(sql: Sql, begun: Subscription) -> None:
    insert = {"number": "2", "previous": "1", "starts": "ends_at", "ends": LATER}
    for text, rule in (
        (PERIOD.format(**insert), "subscription_periods_current"),
        (f"UPDATE subscription_periods SET ends_at = {AT}", "subscription_periods_unchanged"),
        ("UPDATE subscription_periods SET amount = 1", "subscription_periods_unchanged"),
        ("UPDATE subscription_periods SET kind = 'TRIAL'", "subscription_periods_unchanged"),
        ("DELETE FROM subscription_periods", "subscription_periods_kept"),
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text
    with pytest.raises(ConstraintViolation):
        await sql("DELETE FROM subscriptions")


async def test_a_period_that_has_a_next_one_is_kept(database: Database, sql: Sql, begun: Subscription) -> None:
    await sql(next_period(period_starts_at=AT))
    for change in ("amount = 1", "credit = 1", f"ends_at = {LATER}", "number = 7", f"subscription_id = '{uuid7()}'"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE subscription_periods SET {change} WHERE number = 1")
        assert refused.value.constraint == "subscription_periods_unchanged", change
    assert len(await periods(database, begun)) == 2


async def test_the_period_of_a_subscription_is_kept(database: Database, sql: Sql, begun: Subscription) -> None:
    other = await sold(database)
    for change in (
        f"plan_id = '{other.id}'",
        f"period_starts_at = {AT}",
        f"period_ends_at = {LATER}",
        "period_amount = 1",
        "period_kind = 'TRIAL', status = 'CANCELLED', period_amount = 0",
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE subscriptions SET {change}")
        assert refused.value.constraint == "subscriptions_period_kept", change
    for change in (f"id = '{uuid7()}'", "currency = 'USD'", f"created_at = {AT}"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE subscriptions SET {change}")
        assert refused.value.constraint == "subscriptions_unchanged", change


@pytest.mark.parametrize("status", [SubscriptionStatus.PAST_DUE, SubscriptionStatus.CANCELLED])
async def test_no_period_begins_while_a_payment_is_due_or_after_the_end(
    sql: Sql, begun: Subscription, status: SubscriptionStatus
) -> None:
    await sql(f"UPDATE subscriptions SET status = '{status}'")
    with pytest.raises(TriggerViolation) as refused:
        await sql(next_period())
    assert refused.value.constraint == "subscriptions_period_kept"


async def test_a_cancelled_subscription_stays_as_it_is(database: Database, sql: Sql, begun: Subscription) -> None:
    await subscriptions.cancel(database, begun.id)
    for change in (
        "cancelled_at = NULL",
        f"cancelled_at = {AT}",
        "next_plan_id = plan_id",
        "cancel_at_period_end = TRUE",
        "credit = 1",
    ):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE subscriptions SET {change}")
        assert refused.value.constraint == "subscriptions_unchanged", change


ALLOWED = {
    "TRIALING": {"ACTIVE", "CANCELLED"},
    "ACTIVE": {"PAST_DUE", "PAUSED", "CANCELLED"},
    "PAST_DUE": {"ACTIVE", "CANCELLED"},
    "PAUSED": {"ACTIVE", "CANCELLED"},
    "CANCELLED": set[str](),
}


@pytest.mark.parametrize("status", SubscriptionStatus)
async def test_only_some_changes_of_the_status_are_allowed(
    database: Database, sql: Sql, user: User, status: SubscriptionStatus
) -> None:
    """A period of the right kind begins where the new status needs one; the trigger refuses before rules of columns."""
    begun = await subscribed(database, user, trial_days=7 if status == "TRIALING" else 0)
    if status == "PAUSED":
        await subscriptions.pause(database, begun.id)
    elif status != begun.status:
        await sql(f"UPDATE subscriptions SET status = '{status}'")
    for other in set(SubscriptionStatus) - {status} - ALLOWED[status]:
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE subscriptions SET status = '{other}'")
        assert refused.value.constraint == "subscriptions_status_transition", other
    for other in ALLOWED[status] - {"CANCELLED"}:
        if {status, other} == {"ACTIVE", "PAST_DUE"}:
            await sql(f"UPDATE subscriptions SET status = '{other}'")
            await sql(f"UPDATE subscriptions SET status = '{status}'")
        else:  # not without a period of that kind
            with pytest.raises(CheckViolation) as wrong:
                await sql(f"UPDATE subscriptions SET status = '{other}'")
            assert wrong.value.constraint == "subscriptions_status_period_check"


async def test_a_new_subscription_has_a_user_and_is_not_cancelled(database: Database, sql: Sql, user: User) -> None:
    await subscribed(database, user)
    usual = {"id": f"'{uuid7()}'", "user": "user_id", "status": "status"}
    for given in ({"user": "NULL"}, {"status": "'CANCELLED'"}):
        with pytest.raises(TriggerViolation) as refused:
            await sql(COPY.format(**usual | given))
        assert refused.value.constraint == "subscriptions_first_status"
    await sql(COPY.format(**usual))


async def test_a_subscription_without_a_user_is_cancelled_and_stays_so(
    database: Database, sql: Sql, user: User, begun: Subscription
) -> None:
    await sql("UPDATE subscriptions SET user_id = NULL")
    assert (await subscriptions.get_subscription(database, begun.id)).status is SubscriptionStatus.CANCELLED
    with pytest.raises(TriggerViolation) as refused:
        await sql(f"UPDATE subscriptions SET user_id = '{user.id}'")
    assert refused.value.constraint == "subscriptions_unchanged"


async def test_many_users_are_deleted_in_one_statement(database: Database, sql: Sql) -> None:
    for _ in range(5):
        user = await users.create_user(database, builders.user())
        for _ in range(3):
            await subscribed(database, user)
    await sql("DELETE FROM users")
    assert len(await subscriptions.list_subscriptions(database, SubscriptionStatus.CANCELLED)) == 15


async def test_columns_of_subscriptions_refuse_what_is_no_value_of_their_kind(
    database: Database, sql: Sql, user: User
) -> None:
    begun, other = await subscribed(database, user), await subscribed(database, user)
    await subscriptions.change_plan_at_period_end(database, begun.id, other.plan_id)
    await sql(next_period() + f" WHERE id = '{begun.id}'")
    await subscriptions.cancel(database, other.id)
    await drop_triggers(database, sql)
    assert await unrefused(database, sql, ["subscriptions", "subscription_periods"], ahead=AHEAD) == []
    for text, rule in (
        ("UPDATE subscriptions SET status = 'x'", "subscriptions_status_check"),
        ("UPDATE subscriptions SET status = 'PAUSED'", "subscriptions_status_period_check"),
        ("UPDATE subscriptions SET period_kind = 'x'", "subscriptions_period_kind_check"),
        ("UPDATE subscriptions SET period_ends_at = NULL", "subscriptions_period_check"),
        ("UPDATE subscriptions SET period_credit = 3001", "subscriptions_price_check"),
        ("UPDATE subscriptions SET anchor_day = 32", "subscriptions_anchor_day_check"),
        ("UPDATE subscriptions SET currency = 'EUr'", "subscriptions_currency_check"),
        (f"UPDATE subscriptions SET status = 'ACTIVE', cancelled_at = {AT}", "subscriptions_end_check"),
        ("UPDATE subscription_periods SET kind = 'x'", "subscription_periods_kind_check"),
        ("UPDATE subscription_periods SET kind = 'TRIAL'", "subscription_periods_price_check"),
        ("UPDATE subscription_periods SET ends_at = NULL", "subscription_periods_end_check"),
        ("UPDATE subscription_periods SET currency = 'EUr'", "subscription_periods_currency_check"),
        (
            "UPDATE subscription_periods SET previous_number = 7 WHERE number = 2",
            "subscription_periods_previous_number_check",
        ),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text


async def test_replace_does_not_change_a_subscription(sqlite_url: str) -> None:
    """INSERT OR REPLACE, which SQLite alone has."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        user = await users.insert_user(db, builders.user(), hashed_password="!")
        await subscribed(db, user)
        period = PERIOD.format(number="1", previous="NULL", starts="starts_at", ends="ends_at")
        for text, rule in (
            (COPY.format(id="id", user="user_id", status="status"), "subscriptions_not_replaced"),
            (period, "subscription_periods_not_replaced"),
        ):
            with pytest.raises(TriggerViolation) as refused:
                await sql_on(db)(text.replace("INSERT", "INSERT OR REPLACE", 1))
            assert refused.value.constraint == rule


@pytest.mark.parametrize("clause", ["OR IGNORE", "OR FAIL"])
async def test_no_clause_of_sqlite_gets_past_the_periods(sqlite_url: str, clause: str) -> None:
    """What a constraint refuses in a trigger would be passed over, and the subscription changed without its period."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        begun = await subscribed(db, await users.insert_user(db, builders.user(), hashed_password="!"))
        early, back = "'2020-01-01T00:00:00.000000Z'", "period_number - 1"
        await sql_on(db)(next_period().replace("UPDATE", f"UPDATE {clause}", 1))
        for text in (next_period(period_starts_at=early), next_period(number=back, period_ends_at=MUCH_LATER)):
            with pytest.raises(ConstraintViolation):
                await sql_on(db)(text.replace("UPDATE", f"UPDATE {clause}", 1))
        assert [period.number for period in await periods(db, begun)] == [1, 2]
        assert (await subscriptions.get_subscription(db, begun.id)).period_number == 2


async def test_periods_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        with pytest.raises(TriggerViolation) as refused:
            await sql_on(db)("TRUNCATE subscription_periods CASCADE")
        assert refused.value.constraint == "subscription_periods_kept"
