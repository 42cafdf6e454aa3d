"""Processes are killed while they move money: what was confirmed is booked, once, and the books are in balance."""

import asyncio
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from commands import start
from commerce import account
from domains.ledger.test_races import check
from hangar_dal import Database, Settings, ledger

WRITE: Final = """
import asyncio, sys
from random import Random
from uuid import UUID
from hangar_dal import COMMERCE, Settings, builders, ledger, open_database, sealing, uuid7
from hangar_dal.errors import InsufficientFunds

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    random = Random(int(sys.argv[2]))
    accounts = [UUID(each) for each in sys.argv[3].split(",")]
    async with open_database(settings, catalog=COMMERCE) as db:
        while True:
            debit, credit = random.sample(accounts, 2)
            try:
                held = await ledger.hold(db, builders.hold(debit, credit, amount=random.choice((1, 40, 300))))
                row = await ledger.post(db, held.id, transfer_id=uuid7())
            except InsufficientFunds:
                continue
            print(held.id, row.id, row.amount, flush=True)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("processes", "kills"), [pytest.param(2, 3, id="short"), pytest.param(8, 300, id="long", marks=pytest.mark.long)]
)
async def test_what_killed_processes_were_told_is_booked_once(
    database: Database, settings: Settings, tmp_path: Path, seed: int, processes: int, kills: int
) -> None:
    accounts = [(await account(database, 2000)).id for _ in range(4)]
    random, printed, url = Random(seed), tmp_path / "printed", settings.url.get_secret_value()
    printed.touch()

    def begin(number: int):
        return start(WRITE, url, str(number), ",".join(map(str, accounts)), printed=printed)

    running = [begin(number) for number in range(processes)]
    for number in range(kills):
        lines = len(printed.read_text().splitlines())
        while len(printed.read_text().splitlines()) < lines + random.randint(1, 4):
            assert all(process.is_alive() for process in running), printed.read_text()
            await asyncio.sleep(random.random() / 50)
        killed = running.pop(random.randrange(len(running)))
        killed.kill()
        await asyncio.to_thread(killed.join)
        running.append(begin(processes + number))
    for process in running:
        process.kill()
        process.join()
    told = [line.split() for line in printed.read_text().splitlines() if line.count(" ") == 2]
    async with ledger.stream_transfers(database) as rows:
        booked = {str(row.id): row async for row in rows}
    assert Counter(row for _, row, _ in told).most_common(1)[0][1] == 1
    for held, row, amount in told:
        assert (str(booked[row].pending_id), booked[row].amount) == (held, int(amount))
    await check(database, accounts)
    print(f"{kills + processes} kills, {len(told)} transfers were told, {len(booked)} rows")
