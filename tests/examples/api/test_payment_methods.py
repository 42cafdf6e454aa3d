"""What a user pays with: stored, shown without the token, chosen as the default, changed and deleted."""

from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import pytest

from hangar_dal import payment_methods, uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
PATH = "/me/payment-methods"


def card(**fields: Any) -> dict[str, Any]:
    shown = {"brand": "visa", "last_four": "4242", "expires_month": 12, "expires_year": 2031}
    return {"provider": "stripe", "token": f"pm_{token_hex(8)}"} | shown | fields


async def add(api: Api, person: Person, **fields: Any) -> dict[str, Any]:
    answer = await api.call(person, "POST", PATH, card(**fields))
    assert answer.status_code == 201, answer.text
    method: dict[str, Any] = answer.json()
    return method


async def test_a_method_is_stored_sealed_and_shown_without_its_token(api: Api, owner: Person):
    given = card(id=str(uuid7()))
    answer = await api.call(owner, "POST", PATH, given)
    method = answer.json()
    assert {name: value for name, value in given.items() if name != "token"}.items() <= method.items()
    listed = await api.call(owner, "GET", PATH)
    assert given["token"] not in answer.text + listed.text
    stored = await payment_methods.get_payment_method(api.database, UUID(method["id"]))
    assert stored.token == given["token"]


async def test_a_method_that_is_stored_again_with_its_id_is_one_method(api: Api):
    person, given = await api.enter(), card(id=str(uuid7()))
    first, again = [(await api.call(person, "POST", PATH, given)).json() for _ in range(2)]
    assert first == again
    assert await api.all_of(person, PATH) == [first]


async def test_an_id_of_somebody_else_s_method_is_taken(api: Api, owner: Person, stranger: Person):
    method = await add(api, owner)
    answer = await api.call(stranger, "POST", PATH, card(id=method["id"]))
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["detail"] == "Another payment method has this id already."


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "a provider that is no name": {"provider": "Stripe Inc."},
    "a brand with digits": {"brand": "4242424242424242"},
    "a whole card number": {"last_four": "4242424242424242"},
    "an expiry without its year": {"expires_year": None},
    "a month that is none": {"expires_month": 13},
    "no token": {"token": ""},
    "a card number as the token": {"token": "4242 4242 4242 4242"},
    "an unknown field": {"number": "4242424242424242"},
}


async def test_a_bad_field_is_refused_and_not_repeated(api: Api, owner: Person, subtests: pytest.Subtests):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            answer = await api.call(owner, "POST", PATH, card(**fields))
            assert answer.status_code == 422
            assert "4242" not in answer.text


async def test_my_methods_come_in_pages_the_newest_first(api: Api):
    person = await api.enter()
    made = [await add(api, person, brand=brand) for brand in ("visa", "mastercard", "paypal")]
    assert await api.all_of(person, PATH) == made[::-1]


async def test_one_method_is_the_default_until_another_one_is_or_none(api: Api):
    person = await api.enter()
    first, second = await add(api, person), await add(api, person)
    assert kind(await api.call(person, "GET", f"{PATH}/default")) == NOT_FOUND
    for method in (first, second):
        for _ in range(2):
            assert (await api.call(person, "PUT", f"{PATH}/{method['id']}/default")).status_code == 204
        assert await api.get(person, f"{PATH}/default") == method
    for _ in range(2):
        assert (await api.call(person, "DELETE", f"{PATH}/default")).status_code == 204
    assert kind(await api.call(person, "GET", f"{PATH}/default")) == NOT_FOUND


async def test_a_card_that_was_replaced_gets_other_digits_and_another_token(api: Api, owner: Person):
    method = await add(api, owner)
    path, changes = f"{PATH}/{method['id']}", {"last_four": "1881", "expires_month": 1, "expires_year": 2035}
    assert (await api.call(owner, "PATCH", path, changes)).json() == method | changes
    assert (await api.call(owner, "PATCH", path, {})).json() == method | changes
    assert (await api.call(owner, "PUT", f"{path}/token", {"token": "pm_new"})).status_code == 204
    assert (await payment_methods.get_payment_method(api.database, UUID(method["id"]))).token == "pm_new"


async def test_a_method_is_deleted_once_with_the_choice_of_it(api: Api):
    person = await api.enter()
    method = await add(api, person)
    await api.call(person, "PUT", f"{PATH}/{method['id']}/default")
    assert (await api.call(person, "DELETE", f"{PATH}/{method['id']}")).status_code == 204
    assert kind(await api.call(person, "DELETE", f"{PATH}/{method['id']}")) == NOT_FOUND
    assert kind(await api.call(person, "GET", f"{PATH}/default")) == NOT_FOUND


OF_ONE: dict[str, tuple[str, str, Any]] = {
    "choose": ("PUT", f"{PATH}/{{id}}/default", None),
    "change": ("PATCH", f"{PATH}/{{id}}", {"brand": "visa"}),
    "replace the token": ("PUT", f"{PATH}/{{id}}/token", {"token": "pm_new"}),
    "delete": ("DELETE", f"{PATH}/{{id}}", None),
}
ALL = OF_ONE | {
    "add": ("POST", PATH, card()),
    "list": ("GET", PATH, None),
    "show the default": ("GET", f"{PATH}/default", None),
    "clear the default": ("DELETE", f"{PATH}/default", None),
}


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for name, (method, path, body) in ALL.items():
        with subtests.test(name):
            assert kind(await api.call(None, method, path.format(id=uuid4()), body)) == (401, "token-invalid")


async def test_a_method_of_somebody_else_is_not_found(
    api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_ONE.items():
        with subtests.test(name):
            stored = await add(api, owner)
            for method_id in (stored["id"], uuid4()):
                assert kind(await api.call(stranger, method, path.format(id=method_id), body)) == NOT_FOUND
            assert stored in (await api.get(owner, PATH))["items"]
