"""Donations: the money, the row and the message together, sums, and who gave most."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, accounts, builders, donations, ledger, live_chat, livestreams, streaming, users, uuid7
from hangar_dal.donations import Donation, DonationTotal, TopDonor
from hangar_dal.errors import InsufficientFunds, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.live_chat import ChatMessageKind
from tests.domains.donations.giving import give, stage, wrong_sums
from tests.helpers.clock import Clock
from tests.helpers.commerce import posted
from tests.helpers.community import person


async def test_money_donation_and_message_come_together_and_once(database: Database, clock: Clock) -> None:
    on, fan = await stage(database), await person(database)
    new = builders.donation(on.stream, donor=fan, amount=300)
    sides: dict[str, Any] = {"debit_account_id": on.wallet.id, "credit_account_id": on.till.id}
    given = await streaming.donate(database, new, **sides, text="Well flown")
    clock.advance(timedelta(seconds=1))
    assert await streaming.donate(database, new, **sides, text="Well flown") == given
    assert await posted(database, on.wallet, on.till) == [9_700, 300]
    [message] = await live_chat.list_chat_messages(database, on.stream.id)
    assert (message.id, message.kind, message.author_id) == (given.id, ChatMessageKind.DONATION, fan.id)
    assert (message.body, message.metadata) == ("Well flown", {"amount": 300, "currency": "EUR"})
    assert await donations.get_donation(database, given.id) == given
    await livestreams.end_livestream(database, on.stream.id)
    clock.advance(timedelta(seconds=1))
    assert await streaming.donate(database, new, **sides) == given
    for update in ({"amount": 301}, {"is_anonymous": True}):
        with pytest.raises(UniqueViolation):
            await streaming.donate(database, new.model_copy(update=update), **sides)


async def test_a_donation_that_cannot_be_leaves_nothing(database: Database, clock: Clock) -> None:
    on, fan = await stage(database, 50), await person(database)
    with pytest.raises(InsufficientFunds):
        await give(database, on, fan.id, 51)
    await livestreams.end_livestream(database, on.stream.id)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(TriggerViolation) as refused:
        await give(database, on, fan.id, 50)
    assert refused.value.constraint == "live_chat_open"
    assert await posted(database, on.wallet, on.till) == [50, 0]
    assert await donations.list_donations(database, on.stream.id) == []
    assert await donations.list_donation_totals(database, on.stream.id) == []


async def test_totals_and_top_donors_page_by_page(database: Database) -> None:
    on, fans = await stage(database), [await person(database) for _ in range(4)]
    for number, fan in enumerate(fans):
        for _ in range(2):
            await give(database, on, fan.id, 10 * (number % 3 + 1))
    await give(database, on, fans[0].id, 500, is_anonymous=True)
    await give(database, on, None, 7)
    assert await donations.list_donation_totals(database, on.stream.id) == [
        DonationTotal(currency="EUR", donations=10, amount=647)
    ]
    wanted = sorted(((20 * (number % 3 + 1), fan.id) for number, fan in enumerate(fans)), reverse=True)
    seen: list[TopDonor] = []
    while page := await donations.list_top_donors(
        database, on.stream.id, currency="EUR", after=seen[-1] if seen else None, limit=2
    ):
        seen += page
    assert [(each.amount, each.donor_id) for each in seen] == wanted
    assert {each.donations for each in seen} == {2}
    assert await donations.list_top_donors(database, on.stream.id, currency="USD") == []


async def test_lists_of_a_livestream_and_of_a_donor_page_by_page(database: Database, clock: Clock) -> None:
    on, fan, other = await stage(database), await person(database), await person(database)
    given = []
    for number in range(7):
        given.append(await give(database, on, (fan, other)[number % 2].id))
        if number % 3 == 0:
            clock.advance(timedelta(seconds=1))
    given.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    first = await donations.list_donations(database, on.stream.id, limit=3)
    assert first + await donations.list_donations(database, on.stream.id, after=first[-1]) == given
    mine = [each for each in given if each.donor_id == fan.id]
    first = await donations.list_donations_of_donor(database, fan.id, limit=2)
    assert first + await donations.list_donations_of_donor(database, fan.id, after=first[-1]) == mine
    async with donations.stream_donations_of_donor(database, fan.id) as stream:
        assert [row async for row in stream] == mine[::-1]


async def test_a_refund_takes_the_money_back_once(database: Database) -> None:
    on, fan = await stage(database), await person(database)
    given, other = await give(database, on, fan.id, 40), await give(database, on, fan.id, 2)
    refund_id = uuid7()
    back = await streaming.refund_donation(database, given.id, transfer_id=refund_id)
    assert back == given.model_copy(update={"refund_id": refund_id})
    assert await streaming.refund_donation(database, given.id, transfer_id=refund_id) == back
    with pytest.raises(UniqueViolation):
        await streaming.refund_donation(database, given.id, transfer_id=uuid7())
    with pytest.raises(NotFound):
        await streaming.refund_donation(database, uuid7(), transfer_id=uuid7())
    assert await posted(database, on.wallet, on.till) == [9_998, 2]
    [total] = await donations.list_donation_totals(database, on.stream.id)
    assert (total.donations, total.amount) == (1, 2)
    await streaming.refund_donation(database, other.id, transfer_id=uuid7())
    assert await donations.list_top_donors(database, on.stream.id, currency="EUR") == []
    assert await wrong_sums(database) == []


async def test_an_import_counts_and_leaves_out_what_exists(database: Database) -> None:
    on, fan = await stage(database), await person(database)
    transfers = [builders.transfer(on.wallet, on.till, amount=5) for _ in range(5)]
    await ledger.transfer_many(database, transfers)
    refund = await ledger.reverse(database, transfers[0].id, transfer_id=uuid7())
    rows = [
        Donation(
            **builders.donation(on.stream, donor=fan, amount=5, transfer_id=each.id).model_dump(),
            refund_id=refund.id if each is transfers[0] else None,
            created_at=database.now(),
        )
        for each in transfers
    ]
    assert await donations.import_donations(database, [*rows, rows[-1]], batch_size=4) == 5
    assert await donations.import_donations(database, rows) == 0
    [total] = await donations.list_donation_totals(database, on.stream.id)
    assert (total.donations, total.amount) == (4, 20)
    assert await wrong_sums(database) == []


async def test_a_merge_moves_donations_and_what_was_given(database: Database) -> None:
    on, kept, merged = await stage(database), await person(database), await person(database)
    for donor in (kept, merged, merged):
        await give(database, on, donor.id)
    back = await give(database, on, merged.id)
    await streaming.refund_donation(database, back.id, transfer_id=uuid7())
    await give(database, on, merged.id, is_anonymous=True)
    await accounts.merge_users(database, kept=kept.id, merged=merged.id)
    [top] = await donations.list_top_donors(database, on.stream.id, currency="EUR")
    assert (top.donor_id, top.donations, top.amount) == (kept.id, 3, 300)
    assert len(await donations.list_donations_of_donor(database, kept.id)) == 5
    assert await wrong_sums(database) == []


async def test_what_a_deleted_donor_gave_stays_without_the_name(database: Database) -> None:
    on, fan = await stage(database), await person(database)
    given = await give(database, on, fan.id, text="From me")
    await users.delete_user(database, fan.id)
    assert await donations.get_donation(database, given.id) == given.model_copy(update={"donor_id": None})
    assert await live_chat.list_chat_messages(database, on.stream.id) == []
    assert await donations.list_top_donors(database, on.stream.id, currency="EUR") == []
    [total] = await donations.list_donation_totals(database, on.stream.id)
    assert total.amount == 100
    await livestreams.delete_livestream(database, on.stream.id)
    with pytest.raises(NotFound):
        await donations.get_donation(database, given.id)
    assert (await ledger.get_transfer(database, given.transfer_id)).amount == 100
