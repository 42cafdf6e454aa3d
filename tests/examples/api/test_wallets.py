"""Wallets and the books: money comes in, goes from user to user, is taken back, and adds up."""

from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import social, uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
PATH, BOOKS = "/me/wallets", "/books"


async def wallet(api: Api, person: Person, currency: str = "EUR") -> str:
    answer = await api.call(person, "POST", PATH, {"currency": currency})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def with_money(api: Api, administrator: Person, amount: int = 500) -> tuple[Person, str]:
    person = await api.enter()
    answer = await api.call(
        administrator, "POST", f"{BOOKS}/deposits", {"user_id": person.id, "currency": "EUR", "amount": amount}
    )
    assert answer.status_code == 201, answer.text
    return person, answer.json()["credit_account_id"]


async def available(api: Api, person: Person, wallet_id: str) -> int:
    return int((await api.get(person, f"{PATH}/{wallet_id}/balance"))["available"])


async def test_a_wallet_of_a_currency_is_opened_once(api: Api):
    person = await api.enter()
    first, again, other = [await wallet(api, person, currency) for currency in ("EUR", "EUR", "USD")]
    assert first == again
    assert [each["id"] for each in await api.all_of(person, PATH)] == [other, first]
    assert await available(api, person, first) == 0


async def test_a_currency_that_is_none_is_refused(api: Api, owner: Person, subtests: pytest.Subtests):
    for currency in ["euro", "EURO", "", "€"]:
        with subtests.test(currency=currency):
            assert (await api.call(owner, "POST", PATH, {"currency": currency})).status_code == 422


async def test_money_is_sent_once_and_opens_the_wallet_of_the_recipient(api: Api, administrator: Person):
    ada, mine = await with_money(api, administrator)
    ben, given = await api.enter(), str(uuid7())
    body = {"id": given, "recipient_id": ben.id, "amount": 200, "reference": "lunch"}
    first, again = [(await api.call(ada, "POST", f"{PATH}/{mine}/transfers", body)).json() for _ in range(2)]
    assert first == again
    [theirs] = await api.all_of(ben, PATH)
    assert (await available(api, ada, mine), await available(api, ben, theirs["id"])) == (300, 200)
    assert await api.all_of(ben, f"{PATH}/{theirs['id']}/transfers") == [first]
    assert len(await api.all_of(ada, f"{PATH}/{mine}/transfers")) == 2
    answer = await api.call(ada, "POST", f"{PATH}/{mine}/transfers", body | {"amount": 1})
    assert answer.json()["detail"] == "Another transfer has this id already."


async def test_nobody_sends_more_than_the_wallet_has(api: Api, administrator: Person, owner: Person):
    ada, mine = await with_money(api, administrator, 100)
    body = {"recipient_id": owner.id, "amount": 101}
    assert kind(await api.call(ada, "POST", f"{PATH}/{mine}/transfers", body)) == (409, "insufficient-funds")
    assert await available(api, ada, mine) == 100


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "nothing": {"amount": 0},
    "a negative amount": {"amount": -5},
    "a fraction": {"amount": 0.5},
    "a long reference": {"reference": "x" * 201},
    "a sender": {"debit_account_id": str(uuid4())},
}


async def test_a_bad_field_is_refused(api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            body = {"recipient_id": stranger.id, "amount": 1} | fields
            answer = await api.call(owner, "POST", f"{PATH}/{await wallet(api, owner)}/transfers", body)
            assert answer.status_code == 422


async def test_money_is_not_sent_to_oneself_to_nobody_or_past_a_block(api: Api, administrator: Person):
    ada, mine = await with_money(api, administrator)
    ben = await api.enter()
    await social.block(api.database, blocker_id=ben.uuid, blocked_id=ada.uuid)
    for recipient_id in (ben.id, str(uuid4())):
        body = {"recipient_id": recipient_id, "amount": 1}
        assert kind(await api.call(ada, "POST", f"{PATH}/{mine}/transfers", body)) == NOT_FOUND
    to_oneself = await api.call(ada, "POST", f"{PATH}/{mine}/transfers", {"recipient_id": ada.id, "amount": 1})
    assert to_oneself.status_code == 422
    assert to_oneself.json()["detail"] == "Money goes from one wallet to another one."


async def test_a_wallet_is_closed_while_it_is_empty_and_takes_no_money_then(api: Api, administrator: Person):
    ada, mine = await with_money(api, administrator)
    assert kind(await api.call(ada, "DELETE", f"{PATH}/{mine}")) == (409, "trigger-violation")
    ben = await api.enter()
    empty = await wallet(api, ben)
    for _ in range(2):
        assert (await api.call(ben, "DELETE", f"{PATH}/{empty}")).status_code == 204
    body = {"recipient_id": ben.id, "amount": 1}
    assert kind(await api.call(ada, "POST", f"{PATH}/{mine}/transfers", body)) == (409, "trigger-violation")


async def test_a_deposit_is_booked_once(api: Api, administrator: Person):
    person, given = await api.enter(), str(uuid7())
    body = {"id": given, "user_id": person.id, "currency": "SEK", "amount": 700}
    first, again = [(await api.call(administrator, "POST", f"{BOOKS}/deposits", body)).json() for _ in range(2)]
    assert first == again
    assert await available(api, person, await wallet(api, person, "SEK")) == 700
    assert await api.get(administrator, f"{BOOKS}/transfers/{given}") == first


async def test_a_deposit_for_nobody_is_not_found(api: Api, administrator: Person):
    body = {"user_id": str(uuid4()), "currency": "EUR", "amount": 700}
    assert kind(await api.call(administrator, "POST", f"{BOOKS}/deposits", body)) == NOT_FOUND


async def test_a_transfer_is_taken_back_once(api: Api, administrator: Person, owner: Person):
    ada, mine = await with_money(api, administrator)
    sent = (await api.call(ada, "POST", f"{PATH}/{mine}/transfers", {"recipient_id": owner.id, "amount": 200})).json()
    path, given = f"{BOOKS}/transfers/{sent['id']}/reverse", {"id": str(uuid7())}
    first, again = [(await api.call(administrator, "POST", path, given)).json() for _ in range(2)]
    assert first == again
    assert (first["kind"], await available(api, ada, mine)) == ("REVERSAL", 500)
    assert kind(await api.call(administrator, "POST", path, {})) == (409, "unique-violation")
    assert kind(await api.call(administrator, "POST", f"{BOOKS}/transfers/{uuid4()}/reverse", {})) == NOT_FOUND


async def test_the_books_add_up(api: Api, administrator: Person):
    _, wallet_id = await with_money(api, administrator)
    audit = await api.get(administrator, f"{BOOKS}/audit")
    assert audit["wrong"] == []
    assert [each["debits"] for each in audit["balances"]] == [each["credits"] for each in audit["balances"]]
    assert {each["currency"]: each["debits"] for each in audit["balances"]}["EUR"] >= 500
    balance = await api.get(administrator, f"{BOOKS}/accounts/{wallet_id}/balance")
    assert balance == {"posted": 500, "held": 0, "available": 500}


OF_ONE: dict[str, tuple[str, str, Any]] = {
    "balance": ("GET", f"{PATH}/{{id}}/balance", None),
    "transfers": ("GET", f"{PATH}/{{id}}/transfers", None),
    "send": ("POST", f"{PATH}/{{id}}/transfers", {"recipient_id": str(uuid4()), "amount": 1}),
    "close": ("DELETE", f"{PATH}/{{id}}", None),
}
OF_ADMINISTRATOR: dict[str, tuple[str, str, Any]] = {
    "deposit": ("POST", f"{BOOKS}/deposits", {"user_id": str(uuid4()), "currency": "EUR", "amount": 1}),
    "show a transfer": ("GET", f"{BOOKS}/transfers/{{id}}", None),
    "reverse": ("POST", f"{BOOKS}/transfers/{{id}}/reverse", {}),
    "any balance": ("GET", f"{BOOKS}/accounts/{{id}}/balance", None),
    "audit": ("GET", f"{BOOKS}/audit", None),
}
ALL = OF_ONE | OF_ADMINISTRATOR | {"open": ("POST", PATH, {"currency": "EUR"}), "list": ("GET", PATH, None)}


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for name, (method, path, body) in ALL.items():
        with subtests.test(name):
            assert kind(await api.call(None, method, path.format(id=uuid4()), body)) == (401, "token-invalid")


async def test_a_wallet_of_somebody_else_is_not_found(
    api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_ONE.items():
        with subtests.test(name):
            for wallet_id in (await wallet(api, owner), uuid4()):
                assert kind(await api.call(stranger, method, path.format(id=wallet_id), body)) == NOT_FOUND


async def test_the_books_are_for_administrators(api: Api, moderator: Person, subtests: pytest.Subtests):
    for name, (method, path, body) in OF_ADMINISTRATOR.items():
        with subtests.test(name):
            assert kind(await api.call(moderator, method, path.format(id=uuid4()), body)) == (403, "forbidden")


def test_every_route_of_administrators_is_tried(operations: list[tuple[str, str]]):
    assert sum(path.startswith("/books/") for _, path in operations) == len(OF_ADMINISTRATOR)
