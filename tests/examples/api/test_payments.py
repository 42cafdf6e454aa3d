"""Payments: begun by the payer, authorised, captured, refunded and disputed by administrators."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hangar_dal import builders, payment_methods, uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT = (404, "not-found"), (409, "trigger-violation")
MINE, ADMIN = "/me/payments", "/cashier/payments"


@pytest.fixture(scope="module")
async def payer(api: Api) -> Person:
    """Has a default method."""
    person = await api.enter()
    await add_method(api, person)
    return person


async def add_method(api: Api, person: Person) -> str:
    method = await payment_methods.add_payment_method(api.database, builders.payment_method(person.uuid))
    await payment_methods.set_default_payment_method(api.database, method.id, user_id=person.uuid)
    return str(method.id)


async def begin(api: Api, payer: Person, **fields: Any) -> dict[str, Any]:
    answer = await api.call(payer, "POST", MINE, {"amount": 5000, "currency": "EUR"} | fields)
    assert answer.status_code == 201, answer.text
    payment: dict[str, Any] = answer.json()
    return payment


async def say(api: Api, administrator: Person, payment: dict[str, Any], what: str, **given: Any) -> httpx.Response:
    """What an administrator reports about a payment."""
    return await api.call(administrator, "POST", f"{ADMIN}/{payment['id']}/{what}", given)


async def authorized(api: Api, administrator: Person, payer: Person, **fields: Any) -> dict[str, Any]:
    payment = await begin(api, payer, **fields)
    assert (await say(api, administrator, payment, "authorize", provider_reference=f"pi_{payment['id']}")).is_success
    return payment


async def captured(api: Api, administrator: Person, payer: Person, **fields: Any) -> dict[str, Any]:
    payment = await authorized(api, administrator, payer, **fields)
    assert (await say(api, administrator, payment, "captures")).is_success
    return payment


async def status(api: Api, payer: Person, payment: dict[str, Any]) -> str:
    return str((await api.get(payer, f"{MINE}/{payment['id']}"))["status"])


async def test_a_payment_is_begun_with_the_default_method(api: Api):
    person = await api.enter()
    method_id = await add_method(api, person)
    payment = await begin(api, person, reference="order:17")
    assert (payment["status"], payment["payment_method_id"], payment["captured"]) == ("CREATED", method_id, 0)
    assert (payment["amount"], payment["currency"], payment["reference"]) == (5000, "EUR", "order:17")


async def test_a_payment_is_begun_with_a_method_that_is_named(api: Api):
    person = await api.enter()
    first = await add_method(api, person)
    await add_method(api, person)
    assert (await begin(api, person, payment_method_id=first))["payment_method_id"] == first


async def test_without_a_method_no_payment_is_begun(api: Api):
    answer = await api.call(await api.enter(), "POST", MINE, {"amount": 5000, "currency": "EUR"})
    assert kind(answer) == (422, "invalid-value")


async def test_a_method_of_somebody_else_pays_nothing(api: Api, payer: Person):
    method_id = await add_method(api, await api.enter())
    given = {"amount": 5000, "currency": "EUR", "payment_method_id": method_id}
    assert kind(await api.call(payer, "POST", MINE, given)) == NOT_FOUND


async def test_a_payment_that_is_begun_again_with_its_id_is_one_payment(api: Api):
    person, given = await api.enter(), str(uuid7())
    await add_method(api, person)
    first = await begin(api, person, id=given)
    assert await begin(api, person, id=given) == first
    assert await api.all_of(person, MINE) == [first]
    answer = await api.call(person, "POST", MINE, {"id": given, "amount": 4000, "currency": "EUR"})
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["detail"] == "Another payment has this id already."


async def test_an_id_of_somebody_else_s_payment_shows_nothing_of_it(api: Api, payer: Person):
    payment, person = await begin(api, payer), await api.enter()
    await add_method(api, person)
    answer = await api.call(person, "POST", MINE, {"id": payment["id"], "amount": 5000, "currency": "EUR"})
    assert kind(answer) == NOT_FOUND


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "an amount of nothing": {"amount": 0},
    "a negative amount": {"amount": -1},
    "a fraction": {"amount": 10.5},
    "an amount too large to store": {"amount": 10**16},
    "a currency that is none": {"currency": "euro"},
    "a card number as reference": {"reference": "4242424242424242"},
    "a status": {"status": "CAPTURED"},
    "another payer": {"payer_id": str(uuid4())},
}


async def test_a_bad_field_is_refused(api: Api, payer: Person, subtests: pytest.Subtests):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            answer = await api.call(payer, "POST", MINE, {"amount": 5000, "currency": "EUR"} | fields)
            assert answer.status_code in (409, 422), answer.text
            assert "4242" not in answer.text


async def test_my_payments_come_in_pages_the_newest_first_and_by_status(api: Api):
    person = await api.enter()
    await add_method(api, person)
    made = [await begin(api, person) for _ in range(3)]
    assert await api.all_of(person, MINE) == made[::-1]
    await api.call(person, "POST", f"{MINE}/{made[1]['id']}/cancel")
    assert [each["id"] for each in await api.all_of(person, MINE, status="CANCELLED")] == [made[1]["id"]]
    assert len(await api.all_of(person, MINE, status="CREATED")) == 2


async def test_a_payer_cancels_until_something_is_captured(api: Api, administrator: Person, payer: Person):
    payment = await authorized(api, administrator, payer)
    for _ in range(2):
        assert (await api.call(payer, "POST", f"{MINE}/{payment['id']}/cancel")).json()["status"] == "CANCELLED"
    late = await captured(api, administrator, payer)
    assert kind(await api.call(payer, "POST", f"{MINE}/{late['id']}/cancel")) == CONFLICT


async def test_a_payment_is_authorised_once_and_captured_in_parts(api: Api, administrator: Person, payer: Person):
    payment = await begin(api, payer)
    for _ in range(2):
        answer = await say(api, administrator, payment, "authorize", provider_reference=f"pi_{payment['id']}")
        assert (answer.json()["status"], answer.json()["payer_id"]) == ("AUTHORIZED", payer.id)
    first = (await say(api, administrator, payment, "captures", amount=2000)).json()
    again = (await say(api, administrator, payment, "captures", id=first["id"], amount=2000)).json()
    rest = (await say(api, administrator, payment, "captures")).json()
    assert (first, rest["amount"]) == (again, 3000)
    assert await api.all_of(payer, f"{MINE}/{payment['id']}/captures") == [first, rest]
    assert await status(api, payer, payment) == "CAPTURED"


async def test_no_more_is_captured_than_was_authorised(api: Api, administrator: Person, payer: Person):
    payment = await authorized(api, administrator, payer)
    assert kind(await say(api, administrator, payment, "captures", amount=5001)) == CONFLICT
    assert kind(await say(api, administrator, await begin(api, payer), "captures")) == CONFLICT
    assert await status(api, payer, payment) == "AUTHORIZED"


async def test_a_payment_is_refunded_in_parts_and_never_more_than_was_captured(
    api: Api, administrator: Person, payer: Person
):
    payment = await captured(api, administrator, payer)
    first = (await say(api, administrator, payment, "refunds", amount=1000)).json()
    assert await status(api, payer, payment) == "PARTIALLY_REFUNDED"
    assert kind(await say(api, administrator, payment, "refunds", amount=4001)) == CONFLICT
    rest = (await say(api, administrator, payment, "refunds")).json()
    assert await status(api, payer, payment) == "REFUNDED"
    assert await api.all_of(payer, f"{MINE}/{payment['id']}/refunds") == [first, rest]
    taken = await say(api, administrator, payment, "refunds", id=first["id"], amount=1)
    assert taken.json()["detail"] == "Another refund has this id already."


async def test_a_payment_that_failed_says_why_and_stays_so(api: Api, administrator: Person, payer: Person):
    payment = await begin(api, payer)
    for _ in range(2):
        failed = (await say(api, administrator, payment, "fail", failure_code="card_declined")).json()
        assert (failed["status"], failed["failure_code"]) == ("FAILED", "card_declined")
    answer = await say(api, administrator, payment, "authorize", provider_reference=f"pi_{payment['id']}")
    assert kind(answer) == CONFLICT


async def test_a_reference_of_the_provider_belongs_to_one_payment(api: Api, administrator: Person, payer: Person):
    first, second = await authorized(api, administrator, payer), await begin(api, payer)
    answer = await say(api, administrator, second, "authorize", provider_reference=f"pi_{first['id']}")
    assert kind(answer) == (409, "unique-violation")


async def test_a_dispute_stops_refunds_until_it_is_won(api: Api, administrator: Person, payer: Person):
    payment = await captured(api, administrator, payer)
    assert (await say(api, administrator, payment, "dispute")).json()["status"] == "DISPUTED"
    assert kind(await say(api, administrator, payment, "refunds", amount=1)) == CONFLICT
    assert (await say(api, administrator, payment, "dispute/win")).json()["status"] == "CAPTURED"


async def test_a_dispute_that_is_lost_refunds_all_that_is_left_once(api: Api, administrator: Person, payer: Person):
    payment, given = await captured(api, administrator, payer), str(uuid7())
    await say(api, administrator, payment, "dispute")
    for _ in range(2):
        lost = (await say(api, administrator, payment, "dispute/lose", id=given)).json()
        assert (lost["status"], lost["refunded"]) == ("REFUNDED", 5000)


async def test_a_payment_that_was_not_captured_is_not_disputed(api: Api, administrator: Person, payer: Person):
    assert kind(await say(api, administrator, await begin(api, payer), "dispute")) == CONFLICT


async def test_administrators_see_payments_by_status_the_oldest_first(api: Api, administrator: Person, payer: Person):
    made = [await authorized(api, administrator, payer) for _ in range(3)]
    found = [each["id"] for each in await api.all_of(administrator, ADMIN, status="AUTHORIZED")]
    assert [payment_id for payment_id in found if payment_id in {each["id"] for each in made}] == [
        each["id"] for each in made
    ]
    one = await api.get(administrator, f"{ADMIN}/{made[0]['id']}")
    assert (one["payer_id"], one["provider_reference"]) == (payer.id, f"pi_{made[0]['id']}")
    assert kind(await api.call(administrator, "GET", ADMIN)) == (422, "invalid-request")


async def test_revenue_is_what_was_captured_less_what_was_refunded(api: Api, administrator: Person, payer: Person):
    payment = await captured(api, administrator, payer, currency="ISK")
    await say(api, administrator, payment, "refunds", amount=2000)
    found = await api.all_of(administrator, f"{ADMIN}/revenue", currency="ISK")
    assert sum(each["net"] for each in found) == 3000
    assert {each["currency"] for each in found} == {"ISK"}
    past = {"currency": "ISK", "since": "2020-01-01", "until": str(api.database.now().date() - timedelta(days=2))}
    assert await api.all_of(administrator, f"{ADMIN}/revenue", **past) == []


OF_PAYER: dict[str, tuple[str, str, Any]] = {
    "show": ("GET", f"{MINE}/{{id}}", None),
    "list captures": ("GET", f"{MINE}/{{id}}/captures", None),
    "list refunds": ("GET", f"{MINE}/{{id}}/refunds", None),
    "cancel": ("POST", f"{MINE}/{{id}}/cancel", None),
}
OF_ADMINISTRATOR: dict[str, tuple[str, str, Any]] = {
    "list all": ("GET", f"{ADMIN}?status=CREATED", None),
    "revenue": ("GET", f"{ADMIN}/revenue?currency=EUR", None),
    "show any": ("GET", f"{ADMIN}/{{id}}", None),
    "authorise": ("POST", f"{ADMIN}/{{id}}/authorize", {"provider_reference": "pi_other"}),
    "fail": ("POST", f"{ADMIN}/{{id}}/fail", {}),
    "cancel any": ("POST", f"{ADMIN}/{{id}}/cancel", None),
    "capture": ("POST", f"{ADMIN}/{{id}}/captures", {}),
    "refund": ("POST", f"{ADMIN}/{{id}}/refunds", {}),
    "dispute": ("POST", f"{ADMIN}/{{id}}/dispute", None),
    "win a dispute": ("POST", f"{ADMIN}/{{id}}/dispute/win", None),
    "lose a dispute": ("POST", f"{ADMIN}/{{id}}/dispute/lose", {}),
}
ALL = OF_PAYER | OF_ADMINISTRATOR | {"begin": ("POST", MINE, {}), "list mine": ("GET", MINE, None)}


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for name, (method, path, body) in ALL.items():
        with subtests.test(name):
            assert kind(await api.call(None, method, path.format(id=uuid4()), body)) == (401, "token-invalid")


async def test_a_payment_of_somebody_else_is_not_found(
    api: Api, payer: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_PAYER.items():
        with subtests.test(name):
            for payment_id in ((await begin(api, payer))["id"], uuid4()):
                assert kind(await api.call(stranger, method, path.format(id=payment_id), body)) == NOT_FOUND


async def test_only_administrators_say_what_the_provider_answered(
    api: Api, payer: Person, moderator: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_ADMINISTRATOR.items():
        with subtests.test(name):
            payment = await begin(api, payer)
            for person in (payer, moderator):
                assert kind(await api.call(person, method, path.format(id=payment["id"]), body)) == (403, "forbidden")
            assert await status(api, payer, payment) == "CREATED"


async def test_a_payment_that_does_not_exist_is_not_found(api: Api, administrator: Person, subtests: pytest.Subtests):
    for method, path, body in [call for name, call in OF_ADMINISTRATOR.items() if "{id}" in call[1]]:
        with subtests.test(method=method, path=path):
            assert kind(await api.call(administrator, method, path.format(id=uuid4()), body)) == NOT_FOUND


def test_every_route_of_administrators_is_tried(operations: list[tuple[str, str]]):
    assert sum(path.startswith("/cashier/payments") for _, path in operations) == len(OF_ADMINISTRATOR)
