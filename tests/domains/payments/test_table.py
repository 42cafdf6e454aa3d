"""The tables of payments keep their rules when SQL bypasses the package."""

import json
from itertools import product
from typing import Any

import pytest

from hangar_dal import (
    COMMERCE,
    Database,
    Settings,
    User,
    builders,
    open_database,
    payment_methods,
    payments,
    sealing,
    users,
    uuid7,
)
from hangar_dal.errors import CheckViolation, ConstraintViolation, TriggerViolation
from hangar_dal.payments import Payment, PaymentStatus
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.commerce import authorized, captured
from tests.helpers.domain_fixtures import Sql, rule_against, sql_on

AT = "2030-01-01T00:00:00.000000Z"
ROW = "INSERT INTO {} (id, payment_id, amount, created_at) VALUES ('{}', '{}', {}, '" + AT + "')"
# Rules about several columns, which are looked at first.
AHEAD = frozenset({"payments_sums_check", "payments_captured_check", "payments_refunded_check"})
ALLOWED = {
    "CREATED": {"AUTHORIZED", "FAILED", "CANCELLED"},
    "AUTHORIZED": {"FAILED", "CANCELLED"},
    "CAPTURED": {"DISPUTED"},
    "PARTIALLY_REFUNDED": {"DISPUTED"},
    "REFUNDED": set[str](),
    "FAILED": set[str](),
    "CANCELLED": set[str](),
    "DISPUTED": {"CAPTURED"},
}


def new(**given: object) -> str:
    values: dict[str, object] = {
        "id": f"'{uuid7()}'",
        "provider": "'stripe'",
        "amount": 1000,
        "currency": "'EUR'",
        "created_at": f"'{AT}'",
        "updated_at": f"'{AT}'",
        **given,
    }
    return f"INSERT INTO payments ({', '.join(values)}) VALUES ({', '.join(map(str, values.values()))})"


async def with_status(db: Database, status: str) -> Payment:
    """A payment that has this status."""
    if status in {"CREATED", "FAILED"}:
        made = await payments.create_payment(db, builders.payment(provider_reference=str(uuid7())))
        return made if status == "CREATED" else await payments.fail_payment(db, made.id)
    if status in {"AUTHORIZED", "CANCELLED"}:
        made = await authorized(db)
        return made if status == "AUTHORIZED" else await payments.cancel_payment(db, made.id)
    made = await captured(db)
    if "REFUNDED" in status:
        amount = 100 if status == "PARTIALLY_REFUNDED" else None
        await payments.refund(db, made.id, refund_id=uuid7(), amount=amount)
    return await payments.dispute_payment(db, made.id) if status == "DISPUTED" else made


async def test_a_status_is_reached_only_from_those_that_lead_to_it(database: Database, sql: Sql) -> None:
    """What captures and refunds lead to needs their rows: the sums decide."""
    wrong = []
    for before, after in product(PaymentStatus, PaymentStatus):
        made = await with_status(database, before)
        rule = await rule_against(
            sql, f"UPDATE payments SET status = '{after}', disputed_at = '{AT}' WHERE id = '{made.id}'"
        )
        expected: str | None = "payments_status_transition"
        if after is before or after in ALLOWED[before]:
            expected = None
        elif (before, after) in BY_ROWS:
            expected = "payments_sums_check"
        if rule != expected:
            wrong.append((before, after, rule))
    assert wrong == []


BY_ROWS = {
    ("AUTHORIZED", "CAPTURED"),
    ("CAPTURED", "PARTIALLY_REFUNDED"),
    ("CAPTURED", "REFUNDED"),
    ("PARTIALLY_REFUNDED", "REFUNDED"),
    ("DISPUTED", "PARTIALLY_REFUNDED"),
    ("DISPUTED", "REFUNDED"),
}


async def test_the_tables_refuse_what_is_no_payment(database: Database, sql: Sql, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    other = await users.create_user(database, builders.user())
    of_method = {"payment_method_id": f"'{method.id}'"}
    for text, rule in (
        (new(status="'CAPTURED'"), "payments_first_status"),
        (new(status="'DISPUTED'"), "payments_first_status"),
        (new(captured=1), "payments_sums_check"),
        (new(amount=0), "payments_amount_check"),
        (new(amount=10**15 + 1), "payments_amount_check"),
        (new(currency="'eur'"), "payments_currency_check"),
        (new(provider="'Stripe 1'"), "payments_provider_check"),
        (new(provider="'_stripe'"), "payments_provider_check"),
        (new(provider="'str1pe'"), "payments_provider_check"),
        (new(provider=f"'{'s' * 51}'"), "payments_provider_check"),
        (new(status="'AUTHORIZED'"), "payments_authorized_check"),
        (new(failure_code="'x'"), "payments_failure_check"),
        (new(reference="''"), "payments_reference_check"),
        (new(**of_method), "payments_method_of_payer"),
        (new(payer_id=f"'{other.id}'", **of_method), "payments_method_of_payer"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(text)
        assert refused.value.constraint == rule, text
    await sql(new(payer_id=f"'{user.id}'", **of_method))


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "4111-1111-1111-1111", "36700102000000"])
async def test_no_text_of_a_payment_is_a_card_number(database: Database, sql: Sql, card: str) -> None:
    for column in ("provider_reference", "reference", "failure_code"):
        with pytest.raises(CheckViolation) as refused:
            await sql(new(status="'FAILED'", **{column: f"'{card}'"}))
        assert refused.value.constraint == f"payments_{column}_check"
        await sql(new(status="'FAILED'", **{column: f"'order {card}'"}))
    found: list[Any] = [{"a": card}, {"a": [{"b": card}]}, {"a": 4111111111111111}, {"a": [1, 36700102000000]}]
    for metadata in found:
        with pytest.raises(TriggerViolation) as trigger:
            await sql(new(metadata=f"'{json.dumps(metadata)}'"))
        assert trigger.value.constraint == "payments_no_card_number"
    usual: dict[str, Any] = {
        "at": 1701234567890,
        "phone": "+49 170 1234567",
        "id": str(uuid7()),
        "n": 0.1234567890123456,
    }
    await sql(new(metadata=f"'{json.dumps(usual)}'"))


async def test_captures_and_refunds_keep_their_sums(database: Database, sql: Sql) -> None:
    paid = await authorized(database, 1000)
    for table, amount, rule in (
        ("payment_captures", 0, "payment_captures_amount_check"),
        ("payment_captures", 1001, "payment_captures_within_amount"),
        ("payment_refunds", 1, "payment_refunds_open"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(ROW.format(table, uuid7(), paid.id, amount))
        assert refused.value.constraint == rule
    await sql(ROW.format("payment_captures", uuid7(), paid.id, 600))
    await sql(ROW.format("payment_refunds", uuid7(), paid.id, 600))
    with pytest.raises(TriggerViolation) as refused:
        await sql(ROW.format("payment_captures", uuid7(), paid.id, 1))
    assert refused.value.constraint == "payment_captures_open"
    for change in ("captured = 700", "refunded = 500", "captured = 0, refunded = 0"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE payments SET {change}")
        assert refused.value.constraint == "payments_sums_of_rows"
    assert (await payments.get_payment(database, paid.id)).status is PaymentStatus.REFUNDED
    assert await payments.list_wrong_revenue(database) == []


async def test_one_statement_captures_many_payments_together_within_their_amounts(database: Database, sql: Sql) -> None:
    made = [await authorized(database, 100) for _ in range(3)]
    rows = [f"('{uuid7()}', '{each.id}', 50, '{AT}')" for each in reversed(made) for _ in range(2)]
    insert = "INSERT INTO payment_captures (id, payment_id, amount, created_at) VALUES "
    with pytest.raises(TriggerViolation) as refused:
        await sql(insert + ", ".join([*rows, f"('{uuid7()}', '{made[1].id}', 1, '{AT}')"]))
    assert refused.value.constraint == "payment_captures_within_amount"
    await sql(insert + ", ".join(rows))
    assert [(await payments.get_payment(database, each.id)).captured for each in made] == [100] * 3
    assert await payments.list_wrong_revenue(database) == []


async def test_what_is_booked_is_neither_changed_nor_deleted(database: Database, sql: Sql, user: User) -> None:
    paid = await captured(database, payer=user)
    await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)
    changes = [
        "amount = 5",
        "currency = 'USD'",
        "provider = 'adyen'",
        "provider_reference = 'x'",
        "provider_reference = NULL",
        "reference = 'x'",
        "metadata = '{\"a\":1}'",
        f"created_at = '{AT}'",
        f"id = '{uuid7()}'",
        f"payment_method_id = '{uuid7()}'",
    ]
    for change in changes:
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE payments SET {change}")
        assert refused.value.constraint == "payments_unchanged", change
    for table in ("payments", "payment_captures", "payment_refunds"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"DELETE FROM {table}")
        assert refused.value.constraint == f"{table}_kept"
    for table in ("payment_captures", "payment_refunds"):
        with pytest.raises(TriggerViolation) as refused:
            await sql(f"UPDATE {table} SET amount = 1")
        assert refused.value.constraint == f"{table}_unchanged"


async def test_sums_that_somebody_changed_are_found(database: Database, sql: Sql) -> None:
    await captured(database)
    await sql("UPDATE payment_days SET captured = captured + 5")
    [wrong] = await payments.list_wrong_revenue(database)
    assert (wrong.captured, wrong.rows_captured, wrong.rows_refunded) == (1005, 1000, 0)


async def test_columns_refuse_what_is_no_value_of_their_kind(database: Database, sql: Sql, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    made = await payments.create_payment(database, builders.payment(user, method, reference="order:1"))
    await payments.fail_payment(database, made.id, failure_code="card_declined")
    paid = await captured(database)
    await payments.lose_dispute(database, paid.id, refund_id=uuid7())
    await drop_triggers(database, sql)
    tables = ["payments", "payment_captures", "payment_refunds", "payment_days"]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []
    for change, rule in (
        ("status = 'GONE'", "payments_status_check"),
        ("status = 'DISPUTED', refunded = 0, disputed_at = NULL", "payments_dispute_check"),
        ("captured = 1001", "payments_captured_check"),
        ("refunded = 1001", "payments_refunded_check"),
        ("refunded = 999", "payments_sums_check"),
    ):
        with pytest.raises(CheckViolation) as refused:
            await sql(f"UPDATE payments SET {change} WHERE id = '{paid.id}'")
        assert refused.value.constraint == rule, change


async def test_no_clause_of_sqlite_gets_past_the_books(sqlite_url: str) -> None:
    """OR REPLACE deletes without a trigger, and OR IGNORE hides what a CHECK refuses inside triggers."""
    settings = Settings(database_url=sqlite_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        sql = sql_on(db)
        paid = await captured(db)
        row = await payments.refund(db, paid.id, refund_id=uuid7(), amount=100)
        [taken] = await payments.list_captures(db, paid.id)
        for text, rule in (
            (new(id=f"'{paid.id}'"), "payments_not_replaced"),
            (new(provider_reference=f"'{paid.provider_reference}'"), "payments_not_replaced"),
            (ROW.format("payment_captures", taken.id, paid.id, 1), "payment_captures_not_replaced"),
            (ROW.format("payment_refunds", row.id, paid.id, 1), "payment_refunds_not_replaced"),
            (ROW.format("payment_captures", uuid7(), paid.id, 1), "payment_captures_within_amount"),
            (ROW.format("payment_refunds", uuid7(), paid.id, 901), "payment_refunds_within_captured"),
        ):
            for clause in ("REPLACE", "IGNORE"):
                with pytest.raises(TriggerViolation) as refused:
                    await sql(text.replace("INSERT", f"INSERT OR {clause}", 1))
                assert refused.value.constraint == rule
        made = await payments.create_payment(db, builders.payment())
        with pytest.raises(TriggerViolation) as refused:
            change = f"provider_reference = '{paid.provider_reference}'"
            await sql(f"UPDATE OR REPLACE payments SET {change} WHERE id = '{made.id}'")
        assert refused.value.constraint == "payments_not_overwritten"
        assert await payments.list_wrong_revenue(db) == []


async def test_the_books_are_not_truncated(postgres_url: str) -> None:
    """TRUNCATE, which PostgreSQL alone has."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        for table in ("payments", "payment_captures", "payment_refunds"):
            with pytest.raises(TriggerViolation):
                await sql_on(db)(f"TRUNCATE {table} CASCADE")
