"""What campaigns spent is paid once through the ledger, however many calls pay it."""

import asyncio
import json
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from hangar_dal import Database, User, accounts, ad_reports, ad_serving, builders, ledger, uuid7
from hangar_dal.ad_reports import Settlement
from hangar_dal.campaigns import Campaign
from hangar_dal.commerce import advertising
from hangar_dal.errors import ForeignKeyViolation, InsufficientFunds, UniqueViolation
from hangar_dal.ledger import LedgerAccount
from tests.helpers.advertising import campaign, creative, seen
from tests.helpers.clock import Clock
from tests.helpers.commerce import account, posted

TASKS = 64


@pytest.fixture
async def made(database: Database, user: User) -> Campaign:
    made = await campaign(database, user)
    await creative(database, made)
    return made


@pytest.fixture
async def wallet(database: Database, user: User) -> LedgerAccount:
    return await account(database, 35, owner=user)


@pytest.fixture
async def revenue(database: Database) -> LedgerAccount:
    return await account(database)


async def pay(
    db: Database,
    made: Campaign,
    day: date,
    wallet: LedgerAccount,
    revenue: LedgerAccount,
    settlement_id: UUID | None = None,
) -> Settlement | None:
    return await advertising.settle(
        db,
        made.id,
        day,
        settlement_id=settlement_id or uuid7(),
        debit_account_id=wallet.id,
        credit_account_id=revenue.id,
    )


async def test_what_was_spent_is_paid_once(
    database: Database, clock: Clock, made: Campaign, wallet: LedgerAccount, revenue: LedgerAccount
) -> None:
    day = clock.now.date()
    assert await pay(database, made, day, wallet, revenue) is None
    for _ in range(2):
        await seen(database)
    late = builders.ad_request()
    assert await ad_serving.serve(database, late)
    (owed,) = await ad_reports.list_unsettled(database, day)
    assert (owed.campaign_id, owed.currency, owed.amount) == (made.id, "EUR", 20)

    first = await pay(database, made, day, wallet, revenue)
    assert first is not None
    assert (first.campaign_id, first.day, first.amount) == (made.id, day, 20)
    assert await pay(database, made, day, wallet, revenue, first.id) == first
    assert await pay(database, made, day, wallet, revenue) is None
    assert await posted(database, wallet, revenue) == [15, 20]
    assert (await ledger.get_transfer(database, first.id)).reference == f"ads:{made.id}:{day}"
    assert await ad_reports.list_unsettled(database, day) == []

    await ad_serving.record_impression(database, late.id)
    second = await pay(database, made, day, wallet, revenue)
    assert second is not None
    assert second.amount == 10
    assert await ad_reports.list_settlements(database, made.id) == sorted(
        [first, second], key=lambda each: each.id, reverse=True
    )
    (left,) = await ad_reports.list_settlements(database, made.id, after=max(first, second, key=lambda each: each.id))
    assert left == min(first, second, key=lambda each: each.id)


async def test_who_cannot_pay_is_not_charged(
    database: Database, clock: Clock, made: Campaign, wallet: LedgerAccount, revenue: LedgerAccount
) -> None:
    day = clock.now.date()
    for _ in range(4):
        await seen(database)
    with pytest.raises(InsufficientFunds):
        await pay(database, made, day, wallet, revenue)
    assert await posted(database, wallet, revenue) == [35, 0]
    assert await ad_reports.list_settlements(database, made.id) == []
    dollars = await account(database, 100, currency="USD")
    with pytest.raises(ForeignKeyViolation):
        await pay(database, made, day, dollars, revenue)
    rich = await account(database, 100)
    paid = await pay(database, made, day, rich, revenue)
    assert paid is not None
    assert paid.amount == 40
    with pytest.raises(UniqueViolation):
        await pay(database, made, day + timedelta(days=1), rich, revenue, paid.id)


async def test_many_tasks_that_pay_pay_once(
    database: Database, clock: Clock, made: Campaign, wallet: LedgerAccount, revenue: LedgerAccount
) -> None:
    day = clock.now.date()
    for _ in range(3):
        await seen(database)
    same = uuid7()
    ids = [same if number % 2 else uuid7() for number in range(TASKS)]
    done = await asyncio.gather(*(pay(database, made, day, wallet, revenue, each) for each in ids))
    assert len({each.id for each in done if each is not None}) == 1
    assert await posted(database, wallet, revenue) == [5, 30]
    assert len(await ad_reports.list_settlements(database, made.id)) == 1


async def test_what_is_owed_for_a_day_is_a_list_in_pages(database: Database, clock: Clock, user: User) -> None:
    day, made = clock.now.date(), []
    for number in range(3):
        one = await campaign(database, user, bid=10 + number)
        shown = await creative(database, one)
        reservation = await ad_serving.reserve(database, builders.reservation(one, shown))
        await ad_serving.record_impression(database, reservation.id)
        made.append(one.id)
    first = await ad_reports.list_unsettled(database, day, limit=2)
    rest = await ad_reports.list_unsettled(database, day, after=first[-1])
    assert [each.campaign_id for each in (*first, *rest)] == sorted(made)
    assert await ad_reports.list_unsettled(database, day + timedelta(days=1)) == []


async def test_what_was_paid_stays_when_the_advertiser_is_erased(
    database: Database, clock: Clock, user: User, made: Campaign, wallet: LedgerAccount, revenue: LedgerAccount
) -> None:
    await seen(database)
    paid = await pay(database, made, clock.now.date(), wallet, revenue)
    assert paid is not None
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["id"] for each in document["ad_settlements"]] == [str(paid.id)]
    await accounts.erase_user(database, user.id)
    assert await ad_reports.find_settlement(database, paid.id) == paid
    assert await posted(database, wallet, revenue) == [25, 10]
