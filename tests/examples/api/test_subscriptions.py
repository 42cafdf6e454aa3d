"""Plans, subscriptions and their invoices: begun, paid from a wallet, paused, changed and ended."""

from secrets import token_hex
from typing import Any
from uuid import uuid4

import pytest

from hangar_api.settings import ApiSettings
from hangar_dal import sealing, uuid7
from hangar_dal.subscriptions import PeriodKind
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT = (404, "not-found"), (409, "trigger-violation")
PLANS, PATH, INVOICES = "/cashier/plans", "/me/subscriptions", "/me/invoices"
RECIPIENT = {"name": "Ada", "address": "Harbour 1"}


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    return ApiSettings(token_keys=sealing.new_key(), seller="shop", tax_rate=1900)


async def create_plan(api: Api, administrator: Person, **fields: Any) -> dict[str, Any]:
    given = {"code": f"plan-{token_hex(6)}", "name": "Pilot", "amount": 1000, "currency": "EUR"}
    answer = await api.call(administrator, "POST", PLANS, given | {"interval_unit": "MONTH"} | fields)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    return plan


async def begin(api: Api, person: Person, plan: dict[str, Any], **fields: Any) -> dict[str, Any]:
    answer = await api.call(person, "POST", PATH, {"plan_id": plan["id"], "recipient": RECIPIENT} | fields)
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def go(api: Api, person: Person, begun: dict[str, Any], step: str, **given: Any) -> dict[str, Any]:
    answer = await api.call(person, "POST", f"{PATH}/{begun['subscription']['id']}/{step}", given)
    assert answer.is_success, answer.text
    changed: dict[str, Any] = answer.json()
    return changed


async def deposit(api: Api, administrator: Person, person: Person, amount: int) -> None:
    body = {"user_id": person.id, "currency": "EUR", "amount": amount}
    assert (await api.call(administrator, "POST", "/books/deposits", body)).status_code == 201


async def test_plans_are_made_once_renamed_and_closed(api: Api, administrator: Person):
    given = {"id": str(uuid7()), "code": f"plan-{token_hex(6)}", "currency": "NOK"}
    first, again = [await create_plan(api, administrator, **given) for _ in range(2)]
    assert first == again
    renamed = await api.call(administrator, "PUT", f"{PLANS}/{first['id']}/name", {"name": "Captain"})
    assert renamed.json() == first | {"name": "Captain"}
    cheap = await create_plan(api, administrator, currency="NOK", amount=500)
    assert [each["id"] for each in await api.all_of(None, "/plans", currency="NOK")] == [cheap["id"], first["id"]]
    for _ in range(2):
        assert (await api.call(administrator, "POST", f"{PLANS}/{cheap['id']}/close")).json()["closed_at"]
    assert [each["id"] for each in await api.all_of(None, "/plans", currency="NOK")] == [first["id"]]


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "a negative price": {"amount": -1},
    "a fraction": {"amount": 9.99},
    "a currency that is none": {"currency": "euro"},
    "an interval that is none": {"interval_unit": "FORTNIGHT"},
    "no interval": {"interval_count": 0},
    "no code": {"code": ""},
}


async def test_a_bad_plan_is_refused(api: Api, administrator: Person, subtests: pytest.Subtests):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            given = {"code": token_hex(6), "name": "Pilot", "amount": 1000, "currency": "EUR", "interval_unit": "MONTH"}
            assert (await api.call(administrator, "POST", PLANS, given | fields)).status_code == 422


async def test_a_subscription_begins_once_with_its_invoice(api: Api, administrator: Person):
    person, given = await api.enter(), str(uuid7())
    plan = await create_plan(api, administrator)
    first, again = [await begin(api, person, plan, id=given) for _ in range(2)]
    assert first == again
    subscription, invoice = first["subscription"], first["invoice"]
    assert (subscription["status"], subscription["period_amount"]) == ("ACTIVE", 1000)
    assert (invoice["status"], invoice["net"], invoice["tax"], invoice["total"]) == ("OPEN", 1000, 190, 1190)
    assert (invoice["seller"], invoice["number"] > 0) == ("shop", True)
    assert await api.all_of(person, PATH) == [subscription]
    assert await api.all_of(person, INVOICES) == [invoice]
    [period] = await api.all_of(person, f"{PATH}/{given}/periods")
    assert (period["number"], period["kind"], period["amount"]) == (1, PeriodKind.PAID, 1000)


async def test_numbers_of_invoices_have_no_gap(api: Api, administrator: Person):
    plan = await create_plan(api, administrator)
    numbers = [(await begin(api, await api.enter(), plan))["invoice"]["number"] for _ in range(3)]
    assert numbers == list(range(numbers[0], numbers[0] + 3))


async def test_a_trial_costs_nothing(api: Api, administrator: Person):
    begun = await begin(api, await api.enter(), await create_plan(api, administrator, trial_days=14))
    assert (begun["subscription"]["status"], begun["invoice"]) == ("TRIALING", None)


async def test_an_invoice_shows_its_lines_and_whom_it_is_for(api: Api, administrator: Person):
    person = await api.enter()
    invoice = (await begin(api, person, await create_plan(api, administrator)))["invoice"]
    document = await api.get(person, f"{INVOICES}/{invoice['id']}")
    assert invoice.items() <= document.items()
    assert (document["recipient_name"], document["recipient_address"]) == ("Ada", "Harbour 1")
    [line] = document["lines"]
    assert (line["description"], line["amount"], line["tax_rate"], line["tax"]) == ("Pilot", 1000, 1900, 190)


async def test_an_invoice_is_paid_once_from_the_wallet(api: Api, administrator: Person):
    person = await api.enter()
    invoice = (await begin(api, person, await create_plan(api, administrator)))["invoice"]
    path, given = f"{INVOICES}/{invoice['id']}/pay", {"transfer_id": str(uuid7())}
    assert kind(await api.call(person, "POST", path, given)) == (409, "insufficient-funds")
    await deposit(api, administrator, person, 2000)
    for _ in range(2):
        assert (await api.call(person, "POST", path, given)).json()["status"] == "PAID"
    [wallet] = await api.all_of(person, "/me/wallets")
    assert (await api.get(person, f"/me/wallets/{wallet['id']}/balance"))["available"] == 810


async def test_a_subscription_ends_with_its_period_or_now(api: Api, administrator: Person):
    person, plan = await api.enter(), await create_plan(api, administrator)
    begun = await begin(api, person, plan)
    assert (await go(api, person, begun, "cancel"))["cancel_at_period_end"] is True
    assert (await go(api, person, begun, "cancel", is_wanted=False))["cancel_at_period_end"] is False
    for _ in range(2):
        assert (await go(api, person, begun, "cancel", now=True))["status"] == "CANCELLED"
    answer = await api.call(person, "POST", f"{PATH}/{begun['subscription']['id']}/resume")
    assert kind(answer) == CONFLICT


async def test_a_pause_ends_with_a_whole_period_and_its_invoice(api: Api, administrator: Person):
    person = await api.enter()
    begun = await begin(api, person, await create_plan(api, administrator))
    for _ in range(2):
        assert (await go(api, person, begun, "pause"))["status"] == "PAUSED"
    for _ in range(2):
        assert (await go(api, person, begun, "resume"))["status"] == "ACTIVE"
    periods = await api.all_of(person, f"{PATH}/{begun['subscription']['id']}/periods")
    assert [each["kind"] for each in periods] == ["PAID", "PAUSED", "PAID"]
    assert [each["starts_at"] for each in periods[:-1]] == [each["ends_at"] for each in periods[1:]]
    assert len(await api.all_of(person, INVOICES)) == 2


async def test_a_plan_is_changed_now_or_with_the_next_period(api: Api, administrator: Person):
    person, plan = await api.enter(), await create_plan(api, administrator)
    begun, larger = await begin(api, person, plan), await create_plan(api, administrator, amount=3000)
    path = f"{PATH}/{begun['subscription']['id']}/plan"
    later = (await api.call(person, "PUT", path, {"plan_id": larger["id"]})).json()
    assert (later["plan_id"], later["next_plan_id"]) == (plan["id"], larger["id"])
    for _ in range(2):
        now = (await api.call(person, "PUT", path, {"plan_id": larger["id"], "now": True})).json()
        assert (now["plan_id"], 2990 <= now["period_amount"] <= 3000) == (larger["id"], True)
    assert len(await api.all_of(person, INVOICES)) == 2


async def test_a_plan_of_another_currency_is_refused(api: Api, administrator: Person):
    person = await api.enter()
    begun = await begin(api, person, await create_plan(api, administrator))
    other = await create_plan(api, administrator, currency="USD")
    path = f"{PATH}/{begun['subscription']['id']}/plan"
    for now in (False, True):
        answer = await api.call(person, "PUT", path, {"plan_id": other["id"], "now": now})
        assert answer.status_code in (409, 422), answer.text


async def test_nobody_subscribes_to_what_is_not_sold(api: Api, administrator: Person, owner: Person):
    closed = await create_plan(api, administrator)
    await api.call(administrator, "POST", f"{PLANS}/{closed['id']}/close")
    assert kind(await api.call(owner, "POST", PATH, {"plan_id": closed["id"]})) == CONFLICT
    assert kind(await api.call(owner, "POST", PATH, {"plan_id": str(uuid4())})) == NOT_FOUND


OF_ONE: dict[str, tuple[str, str, Any]] = {
    "show": ("GET", f"{PATH}/{{id}}", None),
    "list periods": ("GET", f"{PATH}/{{id}}/periods", None),
    "cancel": ("POST", f"{PATH}/{{id}}/cancel", {}),
    "pause": ("POST", f"{PATH}/{{id}}/pause", None),
    "resume": ("POST", f"{PATH}/{{id}}/resume", None),
    "change the plan": ("PUT", f"{PATH}/{{id}}/plan", {"plan_id": str(uuid4())}),
    "show an invoice": ("GET", f"{INVOICES}/{{invoice}}", None),
    "pay an invoice": ("POST", f"{INVOICES}/{{invoice}}/pay", {}),
}
OF_ADMINISTRATOR: dict[str, tuple[str, str, Any]] = {
    "create": ("POST", PLANS, {"code": "x", "name": "x", "amount": 1, "currency": "EUR", "interval_unit": "DAY"}),
    "rename": ("PUT", f"{PLANS}/{{id}}/name", {"name": "x"}),
    "close": ("POST", f"{PLANS}/{{id}}/close", None),
}
ALL = [*OF_ONE.values(), *OF_ADMINISTRATOR.values(), ("POST", PATH, {}), ("GET", PATH, None), ("GET", INVOICES, None)]


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for method, path, body in ALL:
        with subtests.test(method=method, path=path):
            answer = await api.call(None, method, path.format(id=uuid4(), invoice=uuid4()), body)
            assert kind(answer) == (401, "token-invalid")


async def test_what_belongs_to_another_user_is_not_found(
    api: Api, administrator: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_ONE.items():
        with subtests.test(name):
            begun = await begin(api, await api.enter(), await create_plan(api, administrator))
            for ids in (
                {"id": begun["subscription"]["id"], "invoice": begun["invoice"]["id"]},
                {"id": uuid4(), "invoice": uuid4()},
            ):
                assert kind(await api.call(stranger, method, path.format(**ids), body)) == NOT_FOUND


async def test_only_administrators_make_plans(api: Api, moderator: Person, subtests: pytest.Subtests):
    for name, (method, path, body) in OF_ADMINISTRATOR.items():
        with subtests.test(name):
            assert kind(await api.call(moderator, method, path.format(id=uuid4()), body)) == (403, "forbidden")
