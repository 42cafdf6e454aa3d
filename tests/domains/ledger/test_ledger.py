"""Transfers, holds and reversals, balances now and earlier, and what repeating a call does."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, ledger, users, uuid7
from hangar_dal.errors import (
    ForeignKeyViolation,
    InsufficientFunds,
    NotFound,
    TriggerViolation,
    UniqueViolation,
)
from hangar_dal.ledger import TransferKind
from tests.helpers.clock import Clock
from tests.helpers.commerce import account, posted, world


async def test_an_account_is_opened_once(database: Database, user: User) -> None:
    new = builders.ledger_account(user, code="wallet:EUR:1")
    opened = await ledger.open_account(database, new)
    assert await ledger.open_account(database, new) == opened
    assert await ledger.open_account(database, builders.ledger_account(user, code="wallet:EUR:1")) == opened
    assert await ledger.find_account(database, "wallet:EUR:1") == opened
    assert await ledger.find_account(database, "wallet:EUR:2") is None
    others: list[dict[str, Any]] = [{"currency": "USD"}, {"kind": "fees"}, {"may_be_negative": True}]
    for other in others:
        with pytest.raises(UniqueViolation):
            await ledger.open_account(database, builders.ledger_account(user, code="wallet:EUR:1", **other))


async def test_a_transfer_moves_an_amount_once(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    new = builders.transfer(ada, ben, amount=200, reference="order:1", metadata={"note": "größer"})
    booked = await ledger.transfer(database, new)
    assert await ledger.transfer(database, new) == booked
    assert (booked.kind, booked.amount, booked.reference) == (TransferKind.TRANSFER, 200, "order:1")
    assert await ledger.get_transfer(database, booked.id) == booked
    assert await posted(database, ada, ben, await world(database)) == [300, 200, -500]
    with pytest.raises(UniqueViolation, match="another transfer"):
        await ledger.transfer(database, builders.transfer(ada, ben, id=booked.id, amount=1))


async def test_nothing_leaves_an_account_that_has_not_enough(database: Database) -> None:
    ada, ben = await account(database, 100), await account(database)
    for new in (builders.transfer(ada, ben, amount=101), builders.hold(ada, ben, amount=101)):
        with pytest.raises(InsufficientFunds):
            await (ledger.hold if isinstance(new, ledger.NewHold) else ledger.transfer)(database, new)
    assert await posted(database, ada, ben) == [100, 0]
    await ledger.transfer(database, builders.transfer(ada, ben, amount=100))
    assert await posted(database, ada, ben) == [0, 100]


async def test_accounts_of_a_transfer_exist_and_have_its_currency(database: Database) -> None:
    ada, dollars = await account(database, 100), await account(database, currency="USD")
    for credit in (dollars.id, uuid7()):
        with pytest.raises(ForeignKeyViolation):
            await ledger.transfer(database, builders.transfer(ada, credit))


async def test_a_hold_is_posted_in_part_and_the_rest_is_free_again(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben, amount=400))
    balance = await ledger.get_balance(database, ada.id)
    assert (balance.posted, balance.held, balance.available) == (500, 400, 100)
    assert (await ledger.get_balance(database, ben.id)).expected == 400
    with pytest.raises(InsufficientFunds):
        await ledger.transfer(database, builders.transfer(ada, ben, amount=101))

    key = uuid7()
    post = await ledger.post(database, held.id, transfer_id=key, amount=150)
    assert await ledger.post(database, held.id, transfer_id=key, amount=150) == post
    assert await ledger.find_end_of_hold(database, held.id) == post
    balance = await ledger.get_balance(database, ada.id)
    assert (balance.posted, balance.held, balance.available) == (350, 0, 350)
    assert await posted(database, ben) == [150]
    for end in (ledger.post, ledger.void):
        with pytest.raises(UniqueViolation, match="the hold has ended"):
            await end(database, held.id, transfer_id=uuid7())


async def test_a_hold_is_voided(database: Database) -> None:
    ada, ben = await account(database, 100), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben))
    assert await ledger.find_end_of_hold(database, held.id) is None
    key = uuid7()
    void = await ledger.void(database, held.id, transfer_id=key)
    assert await ledger.void(database, held.id, transfer_id=key) == void
    assert (await ledger.get_balance(database, ada.id)).available == 100
    assert (await ledger.get_balance(database, ben.id)).expected == 0


async def test_more_than_was_held_is_not_posted(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben))
    with pytest.raises(TriggerViolation) as refused:
        await ledger.post(database, held.id, transfer_id=uuid7(), amount=101)
    assert refused.value.constraint == "ledger_transfers_of_hold"


async def test_a_hold_expires(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 500), await account(database)
    in_an_hour = database.now() + timedelta(hours=1)
    short = await ledger.hold(database, builders.hold(ada, ben, expires_at=in_an_hour))
    endless = await ledger.hold(database, builders.hold(ada, ben))
    assert await ledger.expire_holds(database) == 0
    clock.advance(timedelta(hours=1))
    with pytest.raises(TriggerViolation) as refused:
        await ledger.post(database, short.id, transfer_id=uuid7())
    assert refused.value.constraint == "ledger_transfers_hold_open"
    assert await ledger.list_expired_holds(database) == [short]
    assert await ledger.expire_holds(database) == 1
    assert await ledger.expire_holds(database) == 0
    end = await ledger.find_end_of_hold(database, short.id)
    assert end is not None
    assert end.kind is TransferKind.EXPIRED
    assert (await ledger.get_balance(database, ada.id)).held == 100
    await ledger.post(database, endless.id, transfer_id=uuid7())


async def test_a_transfer_is_reversed_once(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    wrong = await ledger.transfer(database, builders.transfer(ada, ben, amount=200, reference="order:1"))
    key = uuid7()
    back = await ledger.reverse(database, wrong.id, transfer_id=key)
    assert await ledger.reverse(database, wrong.id, transfer_id=key) == back
    assert (back.kind, back.reversed_id, back.reference) == (TransferKind.REVERSAL, wrong.id, "order:1")
    assert await posted(database, ada, ben) == [500, 0]
    with pytest.raises(UniqueViolation, match="was reversed"):
        await ledger.reverse(database, wrong.id, transfer_id=uuid7())
    await ledger.reverse(database, back.id, transfer_id=uuid7())
    assert await posted(database, ada, ben) == [300, 200]


async def test_what_has_left_an_account_cannot_be_taken_back(database: Database) -> None:
    ada, ben, eve = await account(database, 100), await account(database), await account(database)
    paid = await ledger.transfer(database, builders.transfer(ada, ben))
    await ledger.transfer(database, builders.transfer(ben, eve))
    with pytest.raises(InsufficientFunds):
        await ledger.reverse(database, paid.id, transfer_id=uuid7())


async def test_a_hold_is_not_reversed(database: Database) -> None:
    ada, ben = await account(database, 100), await account(database)
    held = await ledger.hold(database, builders.hold(ada, ben))
    with pytest.raises(TriggerViolation) as refused:
        await ledger.reverse(database, held.id, transfer_id=uuid7())
    assert refused.value.constraint == "ledger_transfers_of_reversed"


async def test_an_account_is_closed_when_it_is_empty(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 100), await account(database)

    async def refuse(each: Any) -> None:
        with pytest.raises(TriggerViolation) as refused:
            await ledger.close_account(database, each.id)
        assert refused.value.constraint == "ledger_accounts_empty"

    await refuse(ada)
    held = await ledger.hold(database, builders.hold(ada, ben))
    await refuse(ben)
    await ledger.post(database, held.id, transfer_id=uuid7())
    closed = await ledger.close_account(database, ada.id)
    assert closed.closed_at == database.now()
    clock.advance(timedelta(hours=1))
    assert await ledger.close_account(database, ada.id) == closed
    with pytest.raises(TriggerViolation) as refused:
        await ledger.transfer(database, builders.transfer(ben, ada))
    assert refused.value.constraint == "ledger_transfers_account_open"


async def test_an_account_that_may_be_negative_is_closed_when_it_is_empty(database: Database) -> None:
    source, ada = await world(database), await account(database, 100)
    with pytest.raises(TriggerViolation):
        await ledger.close_account(database, source.id)
    await ledger.transfer(database, builders.transfer(ada, source))
    assert (await ledger.close_account(database, source.id)).closed_at is not None


async def test_the_statement_of_an_account_is_read_in_pages(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 500), await account(database)
    made = await ledger.list_transfers(database, ada.id)
    for number in range(6):
        clock.advance(timedelta(seconds=1))
        sides = (ada, ben) if number % 3 else (await world(database), ada)
        made.insert(0, await ledger.transfer(database, builders.transfer(*sides, amount=number + 1)))
    first = await ledger.list_transfers(database, ada.id, limit=4)
    assert first == made[:4]
    assert await ledger.list_transfers(database, ada.id, after=first[-1]) == made[4:]
    assert await ledger.list_transfers(database, ben.id) == [each for each in made if each.credit_account_id == ben.id]


async def test_transfers_of_a_reference_are_read_in_pages(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 500), await account(database)
    made = []
    for _ in range(3):
        made.append(await ledger.transfer(database, builders.transfer(ada, ben, reference="order:7")))
        clock.advance(timedelta(seconds=1))
    await ledger.transfer(database, builders.transfer(ada, ben, reference="order:8"))
    first = await ledger.list_transfers_of_reference(database, "order:7", limit=2)
    assert first == made[:2]
    assert await ledger.list_transfers_of_reference(database, "order:7", after=first[-1]) == made[2:]


async def test_a_balance_at_any_instant(database: Database, clock: Clock) -> None:
    ada, ben = await account(database, 1000), await account(database)
    history = []
    for hours, amount in ((5, 10), (12, 20), (1, 30), (24, 40), (40, 50)):
        clock.advance(timedelta(hours=hours))
        moved = await ledger.transfer(database, builders.transfer(ada, ben, amount=amount))
        history.append((moved.created_at, amount))
    await ledger.hold(database, builders.hold(ada, ben))
    for at, _ in history:
        for moment in (at - timedelta(microseconds=1), at, at + timedelta(microseconds=1)):
            gone = sum(amount for instant, amount in history if instant <= moment)
            assert await ledger.get_balance_at(database, ada.id, moment) == 1000 - gone
            assert await ledger.get_balance_at(database, ben.id, moment) == gone
    assert await ledger.get_balance_at(database, uuid7(), database.now()) == 0


async def test_the_books_are_in_balance(database: Database) -> None:
    ada, ben = await account(database, 500), await account(database)
    await account(database, 7, currency="JPY")
    await ledger.transfer(database, builders.transfer(ada, ben, amount=200))
    await ledger.hold(database, builders.hold(ada, ben, amount=30))
    sums = await ledger.list_trial_balances(database)
    assert [each.currency for each in sums] == ["EUR", "JPY"]
    assert [(each.debits, each.credits) for each in sums] == [(700, 700), (7, 7)]
    assert [(each.pending_debits, each.pending_credits) for each in sums] == [(30, 30), (0, 0)]
    assert await ledger.list_wrong_balances(database) == []


async def test_accounts_are_listed_in_pages(database: Database, clock: Clock, user: User) -> None:
    made = []
    for _ in range(3):
        made.insert(0, await ledger.open_account(database, builders.ledger_account(user)))
        clock.advance(timedelta(seconds=1))
    other = await account(database, kind="fees")
    for read in (
        lambda **page: ledger.list_accounts(database, kind="wallet", currency="EUR", **page),
        lambda **page: ledger.list_accounts_of_owner(database, user.id, **page),
    ):
        first = await read(limit=2)
        assert first == made[:2]
        assert await read(after=first[-1]) == made[2:]
    assert await ledger.list_accounts(database, kind="fees", currency="EUR") == [other]


async def test_many_are_booked_in_their_order_all_or_none(database: Database) -> None:
    ada, ben, eve = await account(database, 100), await account(database), await account(database)
    rows = [builders.transfer(ada, ben), builders.transfer(ben, eve), builders.transfer(eve, ada)]
    assert await ledger.transfer_many(database, rows, batch_size=2) == 3
    assert await ledger.transfer_many(database, rows, batch_size=2) == 0
    assert await posted(database, ada, ben, eve) == [100, 0, 0]
    with pytest.raises(InsufficientFunds):
        await ledger.transfer_many(database, [builders.transfer(ada, ben), builders.transfer(eve, ben)], batch_size=1)
    assert await posted(database, ada, ben, eve) == [100, 0, 0]
    with pytest.raises(InsufficientFunds):  # the first comes before what it would need
        await ledger.transfer_many(database, [builders.transfer(ben, eve), builders.transfer(ada, ben)])


async def test_a_deleted_user_leaves_the_books(database: Database, user: User) -> None:
    ada, ben = await account(database, 100, owner=user), await account(database)
    await ledger.transfer(database, builders.transfer(ada, ben))
    await users.delete_user(database, user.id)
    left = await ledger.get_account(database, ada.id)
    assert left == ada.model_copy(update={"owner_id": None})
    assert await posted(database, ada, ben) == [0, 100]


async def test_what_is_unknown_is_not_found(database: Database) -> None:
    for call in (
        ledger.get_account(database, uuid7()),
        ledger.get_transfer(database, uuid7()),
        ledger.get_balance(database, uuid7()),
        ledger.close_account(database, uuid7()),
        ledger.post(database, uuid7(), transfer_id=uuid7()),
    ):
        with pytest.raises(NotFound):
            await call
