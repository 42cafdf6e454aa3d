"""Many issue invoices at once, in one process and in many: numbers have no gap and no double."""

import asyncio
from random import Random
from typing import Final

import pytest

from hangar_dal import COMMERCE, Database, Settings, User, builders, invoices, open_database, sealing, users
from hangar_dal.errors import TriggerViolation
from hangar_dal.invoices import Invoice, InvoiceStatus
from tests.helpers.billing import drafted, issued
from tests.helpers.commands import run_together
from tests.helpers.domain_fixtures import sql_on

TASKS, PROCESSES = 64, 8
ISSUE: Final = """
import asyncio, sys
from random import Random
from uuid import UUID
from hangar_dal import COMMERCE, Settings, open_database, sealing
from tests.domains.invoices.test_races import issue_some

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    user, seed, times = UUID(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    async with open_database(settings, catalog=COMMERCE) as db:
        number = wait_for_others()
        print(await issue_some(db, user, Random(seed * 100 + number), times))

asyncio.run(main())
"""


LINE: Final = """
INSERT INTO invoice_lines (invoice_id, position, description, unit_amount, amount)
VALUES ('{id}', 2, 'x', 1, 1)
"""


class RolledBackError(Exception):
    """What a caller raises after an invoice was issued."""


async def issue_some(db: Database, user: object, random: Random, times: int) -> int:
    """Issue invoices, a third of them in transactions that are rolled back; returns how many were issued."""
    done = 0
    for _ in range(times):
        draft = await invoices.create_invoice(db, builders.invoice(user))  # type: ignore[arg-type]
        try:
            async with db.transaction() as tx:
                await invoices.issue_invoice(tx, draft.id, due_at=db.now())
                if random.random() < 0.3:
                    raise RolledBackError
        except RolledBackError:
            continue
        done += 1
    return done


async def numbers(db: Database) -> list[int | None]:
    async with invoices.stream_invoices(db) as stream:
        found = [each async for each in stream]
    for year in {each.year for each in found if each.year}:
        of_year = sorted(each.number or 0 for each in found if each.year == year)
        assert of_year == list(range(1, len(of_year) + 1))
    return [each.number for each in found if each.number]


async def test_many_tasks_issue_invoices_without_a_gap(database: Database, user: User, seed: int) -> None:
    done = await asyncio.gather(*(issue_some(database, user, Random(seed * 100 + n), 1) for n in range(TASKS)))
    assert len(await numbers(database)) == sum(done) < TASKS


@pytest.mark.slow
@pytest.mark.parametrize("times", [5, pytest.param(300, marks=pytest.mark.long, id="long")])
async def test_many_processes_issue_invoices_without_a_gap(
    database: Database, settings: Settings, user: User, seed: int, times: int
) -> None:
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, ISSUE, url, str(user.id), str(seed), str(times), processes=PROCESSES)
    assert len(await numbers(database)) == sum(int(lines[-1]) for lines in said)
    print(f"{PROCESSES * times} tried, {await numbers(database)} numbers")


async def test_one_invoice_that_many_tasks_issue_gets_one_number(database: Database, user: User) -> None:
    draft = await drafted(database, user)
    calls = (invoices.issue_invoice(database, draft.id, due_at=database.now()) for _ in range(TASKS))
    assert {invoice.number for invoice in await asyncio.gather(*calls)} == {1}
    assert (await issued(database, user)).number == 2


async def test_a_line_is_not_added_while_its_invoice_is_issued(database: Database, user: User) -> None:
    """Either the lines come first and count, or the invoice is issued and keeps those that it had."""
    lines = [builders.invoice_line(unit_amount=7)]
    for _ in range(5):
        draft = await drafted(database, user)
        replaced, open_one = await asyncio.gather(
            invoices.replace_lines(database, draft.id, lines),
            invoices.issue_invoice(database, draft.id, due_at=database.now()),
            return_exceptions=True,
        )
        assert isinstance(open_one, Invoice)
        assert isinstance(replaced, Invoice | TriggerViolation)
        document = await invoices.get_invoice_document(database, draft.id)
        assert document.net == sum(line.amount for line in document.lines) == open_one.net
        assert document.status is InvoiceStatus.OPEN


async def test_a_line_waits_until_its_invoice_is_issued_and_is_refused_then(postgres_url: str) -> None:
    """PostgreSQL reads the invoice under a lock: else the line would be added, and another rule would refuse it."""
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=COMMERCE) as db:
        sql = sql_on(db)
        draft = await drafted(db, await users.insert_user(db, builders.user(), hashed_password="!"))
        async with db.transaction() as tx:
            await invoices.issue_invoice(tx, draft.id, due_at=db.now())
            adding = asyncio.create_task(sql(LINE.format(id=draft.id)))
            while not (adding.done() or await sql("SELECT 1 FROM pg_locks WHERE NOT granted")):  # noqa: ASYNC110 - asked
                await asyncio.sleep(0.01)
        with pytest.raises(TriggerViolation) as refused:
            await adding
        assert refused.value.constraint == "invoice_lines_of_draft"
