"""Processes are killed while they issue invoices and renew subscriptions: each has its number, and none is left out."""

import asyncio
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from hangar_dal import Database, Settings, User, invoices
from hangar_dal.invoices import Invoice
from hangar_dal.subscriptions import Subscription
from tests.domains.invoices.test_races import numbers
from tests.helpers.billing import periods, sold, subscribed
from tests.helpers.clock import Clock
from tests.helpers.domain_fixtures import Sql
from tests.helpers.killed_processes import killed_at_random, lines_of, numbers_until, until_none
from tests.helpers.waiting import beside

LEFT: Final = "SELECT id FROM subscriptions WHERE period_number < 4"
PARAMETERS: Final = ("processes", "kills", "lines")
ISSUE: Final = """
import asyncio, sys
from uuid import UUID
from hangar_dal import COMMERCE, Settings, builders, invoices, open_database, sealing
from tests.helpers.killed_processes import tell

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    user = UUID(sys.argv[2])
    async with open_database(settings, catalog=COMMERCE) as db:
        while True:
            draft = await invoices.create_invoice(db, builders.invoice(user))
            issued = await invoices.issue_invoice(db, draft.id, due_at=db.now())
            tell(issued.id, issued.year, issued.number)

asyncio.run(main())
"""
RENEW: Final = """
import asyncio, sys
from datetime import datetime
from hangar_dal import COMMERCE, Settings, open_database, sealing
from hangar_dal.commerce import billing
from tests.helpers.killed_processes import tell

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    now, terms = datetime.fromisoformat(sys.argv[2]), billing.InvoiceTerms(seller="shop")
    async with open_database(settings, catalog=COMMERCE, clock=lambda: now) as db:
        while True:
            for invoice in (await billing.renew_due(db, terms, limit=3)).values():
                tell(invoice.id, invoice.year, invoice.number)
            await asyncio.sleep(0.01)

asyncio.run(main())
"""


async def issued_and(told: list[list[str]], db: Database) -> dict[str, Invoice]:
    """All invoices that have a number, without a gap. What a process was told is among them, once."""
    await numbers(db)
    async with invoices.stream_invoices(db) as stream:
        issued = {str(each.id): each async for each in stream if each.number}
    assert set(Counter(key for key, *_ in told).values()) <= {1}
    for key, year, number in told:
        assert (issued[key].year, issued[key].number) == (int(year), int(number))
    return issued


@pytest.mark.slow
@pytest.mark.parametrize(
    PARAMETERS, [pytest.param(2, 3, 4, id="short"), pytest.param(8, 300, 100, id="long", marks=pytest.mark.long)]
)
async def test_killed_processes_issue_invoices_without_a_gap(
    database: Database, settings: Settings, user: User, tmp_path: Path, seed: int,
    processes: int, kills: int, lines: int,
) -> None:  # fmt: skip
    printed, url = tmp_path / "printed", settings.url.get_secret_value()
    async with killed_at_random(
        ISSUE, url, str(user.id), printed=printed, processes=processes, kills=kills, lines=lines, seed=seed
    ):
        pass
    issued = await issued_and(lines_of(printed), database)
    print(f"{kills + processes} kills, {len(issued)} invoices with a number")


@pytest.mark.slow
@pytest.mark.parametrize(
    PARAMETERS, [pytest.param(2, 3, 6, id="short"), pytest.param(8, 300, 30, id="long", marks=pytest.mark.long)]
)
async def test_killed_processes_renew_each_period_once_with_its_invoice(
    database: Database, settings: Settings, clock: Clock, user: User, sql: Sql, tmp_path: Path, seed: int,
    processes: int, kills: int, lines: int,
) -> None:  # fmt: skip
    plan, made, stop = await sold(database), list[Subscription](), asyncio.Event()

    async def begin() -> None:
        async for _ in numbers_until(stop, lambda: sql(LEFT)):
            made.append(await subscribed(database, user, plan))

    printed, url, later = tmp_path / "printed", settings.url.get_secret_value(), clock.now + timedelta(days=95)
    async with (
        beside(begin()) as beginning,
        killed_at_random(
            RENEW, url, later.isoformat(), printed=printed, processes=processes, kills=kills, lines=lines, seed=seed
        ) as running,
    ):
        stop.set()
        await beginning
        await until_none(lambda: sql(LEFT), running, printed)
    issued = await issued_and(lines_of(printed), database)
    assert Counter((each.subscription_id, each.period_number) for each in issued.values()) == Counter(
        (each.id, number) for each in made for number in (2, 3, 4)
    )
    for each in made:
        assert [period.number for period in await periods(database, each)] == [1, 2, 3, 4]
    assert await invoices.list_invoices(database, invoices.InvoiceStatus.DRAFT) == []
    print(f"{kills + processes} kills, {len(made)} subscriptions, {len(issued)} periods and invoices")
