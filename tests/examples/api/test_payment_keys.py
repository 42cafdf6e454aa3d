"""Payments that are begun with an `Idempotency-Key`."""

import asyncio
from secrets import token_hex

import httpx
import pytest

from hangar_dal import builders, payment_methods
from tests.examples.api.conftest import Api, Person, kind

GIVEN = {"amount": 5000, "currency": "EUR"}


async def payer(api: Api) -> Person:
    """With a default method."""
    person = await api.enter()
    method = await payment_methods.add_payment_method(api.database, builders.payment_method(person.uuid))
    await payment_methods.set_default_payment_method(api.database, method.id, user_id=person.uuid)
    return person


async def begin(api: Api, person: Person, key: str, **changes: object) -> httpx.Response:
    headers = person.bearer | {"Idempotency-Key": key}
    return await api.http.post("/me/payments", json=GIVEN | changes, headers=headers)


async def test_a_request_that_is_repeated_with_its_key_gets_the_same_answer(api: Api):
    person, key = await payer(api), token_hex(16)
    first, again = [await begin(api, person, key) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    await api.call(person, "POST", f"/me/payments/{first.json()['id']}/cancel")
    assert (await begin(api, person, key)).json() == first.json()
    assert len(await api.all_of(person, "/me/payments")) == 1


async def test_a_key_belongs_to_one_request(api: Api):
    person, key = await payer(api), token_hex(16)
    await begin(api, person, key)
    assert kind(await begin(api, person, key, amount=1)) == (422, "idempotency-key-reused")
    assert len(await api.all_of(person, "/me/payments")) == 1


async def test_users_may_have_the_same_key(api: Api):
    key = token_hex(16)
    first, second = [(await begin(api, await payer(api), key)).json()["id"] for _ in range(2)]
    assert first != second


async def test_a_request_that_was_refused_can_be_sent_again_with_its_key(api: Api):
    person, key = await api.enter(), token_hex(16)
    assert kind(await begin(api, person, key)) == (422, "invalid-value")
    method = await payment_methods.add_payment_method(api.database, builders.payment_method(person.uuid))
    await payment_methods.set_default_payment_method(api.database, method.id, user_id=person.uuid)
    assert (await begin(api, person, key)).status_code == 201


async def test_requests_at_once_with_one_key_make_one_payment(api: Api):
    person, key = await payer(api), token_hex(16)
    answers = await asyncio.gather(*(begin(api, person, key) for _ in range(16)))
    assert [answer.status_code for answer in answers] == [201] * 16
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await api.all_of(person, "/me/payments")) == 1


@pytest.mark.parametrize("key", ["", "x" * 101], ids=["empty", "long"])
async def test_a_bad_key_is_refused(api: Api, owner: Person, key: str):
    assert (await begin(api, owner, key)).status_code == 422
