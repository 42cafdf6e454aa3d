"""The tables of payment methods keep their rules when SQL bypasses the package."""

import pytest

from hangar_dal import Database, User, builders, payment_methods, users, uuid7
from hangar_dal.errors import CheckViolation, ConstraintViolation
from hangar_dal.payment_methods import PaymentMethodSummary
from tests.helpers.column_values import drop_triggers, unrefused
from tests.helpers.domain_fixtures import Sql

CARD = "4111111111111111"
# The keys that several columns are part of are looked at before the rules of a column, or cascade to it.
AHEAD = frozenset({"default_payment_methods_user_id_type_check", "default_payment_methods_method_fkey"})


@pytest.fixture
async def method(database: Database, user: User) -> PaymentMethodSummary:
    return await payment_methods.add_payment_method(database, builders.payment_method(user))


async def test_no_column_has_room_for_a_card_number(sql: Sql, method: PaymentMethodSummary) -> None:
    columns = ("provider", "token", "brand", "last_four")
    values = (CARD, f"v1.{CARD}", f"v1.k.{CARD}", "4111 1111 1111 1111", "x4111111111111111", "41111")
    for column, value in ((column, value) for column in columns for value in values):
        with pytest.raises(ConstraintViolation):
            await sql(f"UPDATE payment_methods SET {column} = '{value}'")
    for column in ("expires_month", "expires_year"):
        with pytest.raises(CheckViolation):
            await sql(f"UPDATE payment_methods SET {column} = {CARD}")


async def test_the_table_refuses_what_is_no_method(sql: Sql, method: PaymentMethodSummary) -> None:
    for change, rule in (
        ("token = 'tok_plain'", "payment_methods_token_check"),
        ("brand = ''", "payment_methods_brand_check"),
        ("brand = '_visa'", "payment_methods_brand_check"),
        ("brand = 'Visa'", "payment_methods_brand_check"),
        ("brand = 'vi5a'", "payment_methods_brand_check"),
        (f"brand = '{'v' * 51}'", "payment_methods_brand_check"),
        ("last_four = '123'", "payment_methods_last_four_check"),
        ("last_four = '12x4'", "payment_methods_last_four_check"),
        ("expires_month = 13", "payment_methods_expires_month_check"),
        ("expires_year = 99", "payment_methods_expires_year_check"),
        ("expires_month = NULL", "payment_methods_expiry_check"),
        ("provider = 'adyen'", "payment_methods_unchanged"),
        (f"id = '{uuid7()}'", "payment_methods_unchanged"),
        ("created_at = '2030-01-01T00:00:00.000000Z'", "payment_methods_unchanged"),
    ):
        with pytest.raises(ConstraintViolation) as refused:
            await sql(f"UPDATE payment_methods SET {change}")
        assert refused.value.constraint == rule, change


async def test_a_default_is_a_method_of_its_user_and_there_is_one(
    database: Database, sql: Sql, user: User, method: PaymentMethodSummary
) -> None:
    ben = await users.create_user(database, builders.user())
    insert = "INSERT INTO default_payment_methods (user_id, payment_method_id, chosen_at) VALUES ('{}', '{}', '{}')"
    at = "2030-01-01T00:00:00.000000Z"
    await sql(insert.format(user.id, method.id, at))
    for user_id, method_id in ((ben.id, method.id), (user.id, method.id), (ben.id, uuid7())):
        with pytest.raises(ConstraintViolation):
            await sql(insert.format(user_id, method_id, at))
    assert await sql("SELECT count(*) FROM default_payment_methods") == [(1,)]


async def test_methods_of_many_users_go_with_them(database: Database, sql: Sql) -> None:
    people = [await users.create_user(database, builders.user()) for _ in range(3)]
    for person in people:
        rows = [builders.payment_method(person) for _ in range(30)]
        await payment_methods.import_payment_methods(database, rows)
        await payment_methods.set_default_payment_method(database, rows[7].id, user_id=person.id)
    await sql(f"DELETE FROM users WHERE id IN ('{people[0].id}', '{people[1].id}')")
    assert await sql("SELECT count(*), count(DISTINCT user_id) FROM payment_methods") == [(30, 1)]
    assert await sql("SELECT count(*) FROM default_payment_methods") == [(1,)]


async def test_columns_refuse_what_is_no_value_of_their_kind(
    database: Database, sql: Sql, user: User, method: PaymentMethodSummary
) -> None:
    await payment_methods.set_default_payment_method(database, method.id, user_id=user.id)
    await drop_triggers(database, sql)
    tables = ["payment_methods", "default_payment_methods"]
    assert await unrefused(database, sql, tables, ahead=AHEAD) == []
    for change in ("provider = 'Stripe'", "brand = 'v1'"):
        with pytest.raises(CheckViolation):
            await sql(f"UPDATE payment_methods SET {change}")
    with pytest.raises(ConstraintViolation):
        await sql(f"UPDATE payment_methods SET id = '{uuid7()}', user_id = '{uuid7()}'")
