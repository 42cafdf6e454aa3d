"""What deleting, erasing, exporting and merging users do with their payments."""

import json
from typing import Any

from hangar_dal import Database, User, accounts, builders, payment_methods, payments, users, uuid7
from tests.helpers.commerce import authorized, captured
from tests.helpers.domain_fixtures import Sql


async def test_an_export_has_payments_and_methods_without_their_tokens(database: Database, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user, token="tok_secret"))
    await payment_methods.set_default_payment_method(database, method.id, user_id=user.id)
    paid = await captured(database, payer=user, payment_method=method)
    await payments.refund(database, paid.id, refund_id=uuid7(), amount=100)
    await captured(database)
    async with accounts.export_user(database, user.id) as pieces:
        text = "".join([piece async for piece in pieces])
    document: dict[str, list[dict[str, Any]]] = json.loads(text)
    assert [each["last_four"] for each in document["payment_methods"]] == [method.last_four]
    assert [each["payment_method_id"] for each in document["default_payment_methods"]] == [str(method.id)]
    assert [each["id"] for each in document["payments"]] == [str(paid.id)]
    assert [each["amount"] for each in document["payment_captures"]] == [1000]
    assert [each["amount"] for each in document["payment_refunds"]] == [100]
    assert "tok_secret" not in text
    assert "v1." not in text


async def test_an_erased_user_leaves_payments_without_a_name(database: Database, user: User) -> None:
    method = await payment_methods.add_payment_method(database, builders.payment_method(user))
    paid = await captured(database, payer=user, payment_method=method)
    await accounts.erase_user(database, user.id)
    left = await payments.get_payment(database, paid.id)
    assert left == paid.model_copy(update={"payer_id": None, "payment_method_id": None})
    assert await payment_methods.list_payment_methods(database, user.id) == []


async def test_several_users_with_many_payments_are_deleted_in_one_statement(database: Database, sql: Sql) -> None:
    people = [await users.create_user(database, builders.user()) for _ in range(2)]
    for person in people:
        method = await payment_methods.add_payment_method(database, builders.payment_method(person))
        for _ in range(5):
            await captured(database, payer=person, payment_method=method)
            await authorized(database, payer=person, payment_method=method)
    await sql(f"DELETE FROM users WHERE id IN ('{people[0].id}', '{people[1].id}')")
    assert await sql("SELECT count(*), count(payer_id), count(payment_method_id) FROM payments") == [(20, 0, 0)]
    assert await payments.list_wrong_revenue(database) == []
