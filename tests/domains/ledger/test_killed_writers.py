"""Processes are killed while they take random steps: what was confirmed is booked, once, and the books are in balance.

A process says what it is about to book and what has been booked, as a client would that has to know after a crash.
"""

from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

import pytest

from hangar_dal import Database, Settings, builders, ledger, uuid7
from hangar_dal.errors import ConstraintViolation, InsufficientFunds
from hangar_dal.ledger import LedgerAccount, Transfer, TransferKind
from tests.domains.ledger.books import Books
from tests.domains.ledger.test_races import check
from tests.helpers.commerce import account, world
from tests.helpers.killed_processes import killed_at_random, lines_of, tell

WRITE: Final = """
import asyncio, sys
from random import Random
from uuid import UUID
from hangar_dal import COMMERCE, Settings, open_database, sealing
from tests.domains.ledger.test_killed_writers import write

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    accounts = [UUID(each) for each in sys.argv[2].split(",")]
    async with open_database(settings, catalog=COMMERCE) as db:
        await write(db, accounts, Random(int(sys.argv[3])))

asyncio.run(main())
"""
STEPS: Final = ("transfer",) * 4 + ("hold",) * 3 + ("post",) * 2 + ("void", "reverse", "expire")
LEASE: Final = timedelta(seconds=2)  # what a killed process holds is free again


async def write(db: Database, accounts: list[UUID], random: Random) -> None:
    """Take random steps without an end, with holds and transfers of one's own."""
    holds, moved = list[Transfer](), list[Transfer]()
    while True:
        step, (debit, credit), amount = random.choice(STEPS), random.sample(accounts, 2), random.choice((1, 40, 300))
        if step == "expire":
            await ledger.expire_holds(db)
            continue
        of = (db.now() + LEASE).isoformat() if step == "hold" else ""
        if step in {"post", "void"}:
            if not holds:
                continue
            held = holds.pop(random.randrange(len(holds)))
            of, amount = str(held.id), random.randint(1, held.amount)
        elif step == "reverse":
            if not moved:
                continue
            of = str(moved.pop(random.randrange(len(moved))).id)
        announced = [str(uuid7()), step, str(debit), str(credit), str(amount), of]
        tell("begin", *announced)
        try:
            row = await take(db, *announced)
        except (InsufficientFunds, ConstraintViolation):  # the hold may have expired
            tell("refused", announced[0])
            continue
        tell("end", row.id)
        if row.kind is TransferKind.PENDING:
            holds.append(row)
        elif row.kind is not TransferKind.VOIDED:
            moved.append(row)


async def take(db: Database, key: str, step: str, debit: str, credit: str, amount: str, of: str = "") -> Transfer:
    """The step that was announced; taken again, it does no harm."""
    given: dict[str, Any] = {"amount": int(amount), "id": UUID(key)}
    match step:
        case "transfer":
            return await ledger.transfer(db, builders.transfer(UUID(debit), UUID(credit), **given))
        case "hold":
            given["expires_at"] = datetime.fromisoformat(of)
            return await ledger.hold(db, builders.hold(UUID(debit), UUID(credit), **given))
        case "post":
            return await ledger.post(db, UUID(of), transfer_id=UUID(key), amount=int(amount))
        case "void":
            return await ledger.void(db, UUID(of), transfer_id=UUID(key))
        case _:
            return await ledger.reverse(db, UUID(of), transfer_id=UUID(key))


async def look(db: Database, accounts: list[LedgerAccount]) -> None:
    """While others write: the sums are those of one instant."""
    for sums in await ledger.list_trial_balances(db):
        assert sums.debits == sums.credits
    for each in accounts:
        assert (await ledger.get_balance(db, each.id)).available >= 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "kills", "lines"),
    [pytest.param(2, 3, 8, id="short"), pytest.param(8, 300, 2700, id="long", marks=pytest.mark.long)],
)
async def test_what_killed_processes_were_told_is_booked_once(
    database: Database, settings: Settings, tmp_path: Path, seed: int, processes: int, kills: int, lines: int
) -> None:
    source = await world(database)
    accounts = [await account(database, 2000) for _ in range(4)]
    printed, ids = tmp_path / "printed", ",".join(str(each.id) for each in accounts)
    async with killed_at_random(
        WRITE,
        settings.url.get_secret_value(),
        ids,
        printed=printed,
        processes=processes,
        kills=kills,
        lines=lines,
        seed=seed,
        after_each=partial(look, database, accounts),
    ):
        pass
    told = lines_of(printed)
    begun = {key: [key, *rest] for word, key, *rest in told if word == "begin"}
    confirmed = Counter(key for word, key, *_ in told if word == "end")
    refused = {key for word, key, *_ in told if word == "refused"}
    unknown = begun.keys() - confirmed.keys() - refused
    before = await rows(database)
    assert confirmed.keys() <= before.keys()  # none is lost
    assert before.keys().isdisjoint(refused)
    others = {row.kind for key, row in before.items() if key not in begun and row.debit_account_id != source.id}
    assert others <= {TransferKind.EXPIRED}
    assert set(confirmed.values()) <= {1}
    for key in unknown:  # what a client does that got no answer
        try:
            assert str((await take(database, *begun[key])).id) == key
        except (InsufficientFunds, ConstraintViolation):
            assert key not in before
    await compare(database, [source, *accounts], begun)
    await check(database, [each.id for each in accounts])
    lost = len(unknown & before.keys())
    print(f"{kills + processes} kills, {len(begun)} steps, {len(before)} rows, {len(unknown)} without an answer, "
          f"{lost} of them booked")  # fmt: skip


async def rows(db: Database) -> dict[str, Transfer]:
    async with ledger.stream_transfers(db) as stream:
        return {str(row.id): row async for row in stream}


async def compare(db: Database, accounts: list[LedgerAccount], begun: dict[str, list[str]]) -> None:
    """The balances are those of a plain Python model that has booked the same rows, and each row is what was asked."""
    books, found = Books.of(accounts), await rows(db)
    for row in sorted(found.values(), key=lambda row: row.kind is not TransferKind.PENDING):
        books.book(row)  # fails if something ends a hold that has ended
    assert sum(books.posted.values()) == 0
    for each in accounts:
        balance = await ledger.get_balance(db, each.id)
        assert (balance.posted, balance.held) == (books.posted[each.id], books.held[each.id])
    for key, step, debit, credit, amount, *of in begun.values():
        if (row := found.get(key)) is None:
            continue
        if step in {"post", "void", "reverse"}:
            assert [str(each) for each in (row.pending_id, row.reversed_id) if each] == of
        if step in {"transfer", "hold"}:
            assert (str(row.debit_account_id), str(row.credit_account_id)) == (debit, credit)
        if step in {"transfer", "hold", "post"}:
            assert row.amount == int(amount)
