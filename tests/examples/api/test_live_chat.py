"""The chat of a livestream with its rules, moderators and bans, and donations that appear in it."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from hangar_dal import builders, ledger, livestreams, uuid7
from hangar_dal.ledger import NewLedgerAccount
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT = (404, "not-found"), (409, "trigger-violation")


@pytest.fixture
async def stream(api: Api, owner: Person) -> str:
    """The path of a livestream that is live."""
    return await begin(api, owner)


async def begin(api: Api, owner: Person) -> str:
    new = await livestreams.create_livestream(api.database, builders.livestream(owner.uuid))
    return f"/livestreams/{(await livestreams.start_livestream(api.database, new.id)).id}"


async def end(api: Api, owner: Person, stream: str) -> None:
    assert (await api.call(owner, "POST", f"{stream}/end")).is_success


async def write(api: Api, author: Person, stream: str, body: str = "Hello", **more: Any) -> httpx.Response:
    return await api.call(author, "POST", f"{stream}/chat", {"body": body} | more)


async def with_money(api: Api, person: Person, amount: int) -> Person:
    bank = NewLedgerAccount(code="world:EUR", kind="world", currency="EUR", may_be_negative=True)
    wallet = NewLedgerAccount(code=f"wallet:EUR:{person.id}", kind="wallet", owner_id=person.uuid, currency="EUR")
    sides = [(await ledger.open_account(api.database, new)).id for new in (bank, wallet)]
    await ledger.transfer(api.database, builders.transfer(*sides, amount=amount))
    return person


async def give(api: Api, donor: Person, stream: str, **fields: Any) -> httpx.Response:
    return await api.call(donor, "POST", f"{stream}/donations", {"amount": 100, "currency": "EUR"} | fields)


async def test_a_message_is_written_once_and_read_in_pages(api: Api, stream: str, stranger: Person):
    given = str(uuid7())
    first, again = [(await write(api, stranger, stream, id=given)).json() for _ in range(2)]
    assert first == again
    second = (await write(api, stranger, stream, "And bye")).json()
    assert await api.all_of(None, f"{stream}/chat") == [second, first]
    assert await api.all_of(None, f"{stream}/chat", order="oldest") == [first, second]
    page = await api.get(None, f"{stream}/chat", order="oldest", limit=2)
    third = (await write(api, stranger, stream, "Back again")).json()
    later = await api.get(None, f"{stream}/chat", order="oldest", limit=2, cursor=page["next_cursor"])
    assert later["items"] == [third]


async def test_a_chat_is_open_while_the_livestream_is_live(api: Api, owner: Person, stream: str, stranger: Person):
    await write(api, stranger, stream)
    await end(api, owner, stream)
    answer = await write(api, stranger, stream)
    assert kind(answer) == CONFLICT
    assert answer.json()["detail"] == "A message is of the time when its livestream is live."
    assert len(await api.all_of(None, f"{stream}/chat")) == 1


async def test_a_bad_message_is_refused(api: Api, stream: str, stranger: Person, subtests: pytest.Subtests):
    for body in ["", "x" * 501, "a\0b"]:
        with subtests.test(body=body):
            assert (await write(api, stranger, stream, body)).status_code == 422


async def test_slow_mode_makes_authors_wait_but_not_the_owner(api: Api, owner: Person, stream: str, stranger: Person):
    assert (await api.call(owner, "PUT", f"{stream}/chat/rules", {"slow_seconds": 60})).is_success
    assert [(await write(api, stranger, stream)).status_code for _ in range(2)] == [201, 409]
    assert [(await write(api, owner, stream)).status_code for _ in range(2)] == [201, 201]


async def test_a_chat_can_be_for_followers_only(
    api: Api, owner: Person, stream: str, follower: Person, stranger: Person
):
    rules = {"slow_seconds": 0, "is_followers_only": True, "messages_per_second": 20}
    assert (await api.call(owner, "PUT", f"{stream}/chat/rules", rules)).json() == rules
    assert await api.get(None, f"{stream}/chat/rules") == rules
    answer = await write(api, stranger, stream)
    assert (kind(answer), answer.json()["detail"]) == (CONFLICT, "Only followers write in this chat.")
    assert (await write(api, follower, stream)).status_code == 201


async def test_authors_owners_and_moderators_remove_messages_and_others_do_not(
    api: Api, owner: Person, stranger: Person
):
    person, moderator = await api.enter(), await api.enter()
    stream = await begin(api, person)
    assert (await api.call(person, "PUT", f"/me/chat-moderators/{moderator.id}")).status_code == 204
    for remover in (stranger, person, moderator):
        message = (await write(api, stranger, stream)).json()
        path = f"/chat-messages/{message['id']}"
        assert kind(await api.call(owner, "DELETE", path)) == NOT_FOUND
        for _ in range(2):
            removed = (await api.call(remover, "DELETE", path)).json()
            assert (removed["body"], removed["removed_at"] is None) == (None, False)
    assert [each["body"] for each in await api.all_of(None, f"{stream}/chat")] == [None] * 3


async def test_moderators_are_added_listed_and_removed(api: Api):
    person, moderator = await api.enter(), await api.enter()
    path = f"/me/chat-moderators/{moderator.id}"
    for _ in range(2):
        assert (await api.call(person, "PUT", path)).status_code == 204
    assert [each["moderator_id"] for each in await api.all_of(person, "/me/chat-moderators")] == [moderator.id]
    for _ in range(2):
        assert (await api.call(person, "DELETE", path)).status_code == 204
    assert await api.all_of(person, "/me/chat-moderators") == []


async def test_a_ban_silences_a_user_and_takes_their_messages_away_until_it_is_lifted(api: Api):
    person, rude = await api.enter(), await api.enter()
    stream = await begin(api, person)
    await write(api, rude, stream)
    ban = (await api.call(person, "PUT", f"{stream}/bans/{rude.id}", {"reason": "rude"})).json()
    assert (ban["user_id"], ban["reason"], ban["expires_at"]) == (rude.id, "rude", None)
    assert kind(await write(api, rude, stream)) == CONFLICT
    assert [each["body"] for each in await api.all_of(None, f"{stream}/chat")] == [None]
    assert await api.all_of(person, "/me/chat-bans") == [ban]
    assert (await api.call(person, "DELETE", f"/me/chat-bans/{rude.id}")).status_code == 204
    assert kind(await api.call(person, "DELETE", f"/me/chat-bans/{rude.id}")) == NOT_FOUND
    assert (await write(api, rude, stream)).status_code == 201


async def test_only_owners_and_their_moderators_ban(api: Api, stream: str, stranger: Person, follower: Person):
    answer = await api.call(stranger, "PUT", f"{stream}/bans/{follower.id}", {})
    assert kind(answer) == NOT_FOUND
    assert (await write(api, follower, stream)).status_code == 201


async def test_a_donation_moves_money_once_and_appears_in_the_chat(api: Api):
    person, donor = await api.enter(), await with_money(api, await api.enter(), 500)
    stream, given = await begin(api, person), str(uuid7())
    first, again = [(await give(api, donor, stream, id=given, text="Well flown")).json() for _ in range(2)]
    assert first == again
    [message] = await api.all_of(None, f"{stream}/chat")
    assert (message["id"], message["kind"], message["author_id"]) == (given, "DONATION", donor.id)
    assert (message["body"], message["metadata"]) == ("Well flown", {"amount": 100, "currency": "EUR"})
    [wallet] = await api.all_of(person, "/me/wallets")
    assert (await api.get(person, f"/me/wallets/{wallet['id']}/balance"))["available"] == 100
    assert await api.all_of(donor, "/me/donations") == [first]
    assert await api.get(None, f"{stream}/donations/totals") == [{"currency": "EUR", "donations": 1, "amount": 100}]


async def test_an_anonymous_donor_is_not_named(api: Api):
    person, donor = await api.enter(), await with_money(api, await api.enter(), 500)
    stream = await begin(api, person)
    await give(api, donor, stream, is_anonymous=True)
    [message] = await api.all_of(None, f"{stream}/chat")
    assert message["author_id"] is None
    assert await api.all_of(None, f"{stream}/donations/top", currency="EUR") == []


async def test_top_donors_come_with_the_most_first(api: Api):
    stream = await begin(api, await api.enter())
    donors = [await with_money(api, await api.enter(), 500) for _ in range(3)]
    for donor, amounts in zip(donors, ([100], [50, 200], [120]), strict=True):
        for amount in amounts:
            assert (await give(api, donor, stream, amount=amount)).status_code == 201
    found = await api.all_of(None, f"{stream}/donations/top", currency="EUR")
    assert [(each["donor_id"], each["amount"]) for each in found] == [
        (donors[1].id, 250),
        (donors[2].id, 120),
        (donors[0].id, 100),
    ]


async def test_nobody_gives_more_than_they_have_or_after_the_end(api: Api):
    person, donor = await api.enter(), await with_money(api, await api.enter(), 99)
    stream = await begin(api, person)
    assert kind(await give(api, donor, stream)) == (409, "insufficient-funds")
    await end(api, person, stream)
    assert kind(await give(api, donor, stream, amount=1)) == CONFLICT
    assert await api.all_of(donor, "/me/donations") == []
    assert await api.get(None, f"{stream}/donations/totals") == []


async def test_a_bad_donation_is_refused(api: Api, stream: str, stranger: Person, subtests: pytest.Subtests):
    for fields in [{"amount": 0}, {"amount": 1.5}, {"currency": "euro"}, {"text": "x" * 501}]:
        with subtests.test(fields=fields):
            await with_money(api, stranger, 500)
            assert (await give(api, stranger, stream, **fields)).status_code == 422


async def test_an_owner_refunds_a_donation_once(api: Api, stranger: Person):
    person, donor = await api.enter(), await with_money(api, await api.enter(), 500)
    stream = await begin(api, person)
    path = f"/donations/{(await give(api, donor, stream)).json()['id']}/refund"
    given = {"id": str(uuid7())}
    assert kind(await api.call(stranger, "POST", path, given)) == NOT_FOUND
    for _ in range(2):
        assert (await api.call(person, "POST", path, given)).json()["refund_id"] == given["id"]
    assert kind(await api.call(person, "POST", path, {})) == (409, "unique-violation")
    assert await api.get(None, f"{stream}/donations/totals") in ([], [{"currency": "EUR", "donations": 0, "amount": 0}])


NEEDS_A_USER: dict[str, tuple[str, str, Any]] = {
    "write": ("POST", "/chat", {"body": "x"}),
    "set rules": ("PUT", "/chat/rules", {}),
    "ban": ("PUT", f"/bans/{uuid4()}", {}),
    "give": ("POST", "/donations", {"amount": 1, "currency": "EUR"}),
    "report presence": ("POST", "/presence", None),
}


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, stream: str, subtests: pytest.Subtests):
    for name, (method, path, body) in NEEDS_A_USER.items():
        with subtests.test(name):
            assert kind(await api.call(None, method, stream + path, body)) == (401, "token-invalid")


async def test_nothing_is_done_with_a_livestream_that_is_not_seen(
    api: Api, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in NEEDS_A_USER.items():
        with subtests.test(name):
            assert kind(await api.call(stranger, method, f"/livestreams/{uuid4()}{path}", body)) == NOT_FOUND


async def test_rules_are_set_by_the_owner_alone(api: Api, stream: str, stranger: Person):
    assert kind(await api.call(stranger, "PUT", f"{stream}/chat/rules", {"slow_seconds": 60})) == NOT_FOUND
