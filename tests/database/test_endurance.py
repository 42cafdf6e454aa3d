"""The long run: wires cut, processes killed, and half an hour of ordinary use with a fault every few seconds.

`pytest -m long tests/database` runs all of it; `HANGAR_TEST_SOAK_MINUTES` changes the half hour. The normal suite has
a short run of each.
"""

import asyncio
import gc
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import Database, open_database
from hangar_dal.errors import CommitUnknown, DatabaseBusy, DatabaseError
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run
from tests.database.outside import Outside, PostgresOutside
from tests.database.proxy import Wire, target_of, wire_to
from tests.database.requests import Requests
from tests.database.storm import Storm
from tests.helpers.commands import start

CUTS = [pytest.param(60, id="60"), pytest.param(2000, id="2000", marks=pytest.mark.long)]
KILLS = [pytest.param(3, id="3"), pytest.param(300, id="300", marks=pytest.mark.long)]
SOAK = float(os.environ.get("HANGAR_TEST_SOAK_MINUTES", "30"))
MINUTES = [pytest.param(0.02, id="short"), pytest.param(SOAK, id="long", marks=pytest.mark.long)]


class Ledger:
    """What each caller learned about its batch of two rows, to be compared with the table."""

    def __init__(self) -> None:
        self.told: dict[int, bool | None] = {}
        self.seen: Counter[str] = Counter()

    async def request(self, work: Callable[[int], Awaitable[None]], batch: int, *, writes: bool) -> None:
        try:
            await work(batch)
            self.told[batch] = writes
            self.seen["done"] += 1
        except CommitUnknown:
            assert writes
            self.told[batch] = None
            self.seen["in doubt"] += 1
        except DatabaseBusy:
            raise  # no fault here keeps a lock or a connection for ever
        except DatabaseError:
            self.told[batch] = False
            self.seen["failed"] += 1

    def damage(self, rows: list[tuple[int, int]]) -> list[str]:
        storm = Storm(seed=0, writes=[], reads=[], cancellations=0, expected=self.told)
        storm.compare(rows)
        return storm.damage


async def use(db: Database, ledger: Ledger, numbers: random.Random, is_over: Callable[[], bool], first: int) -> None:
    """Requests one after the other, until it is over. Their batches have numbers from `first` on."""
    requests = Requests(db)
    batch = first
    while not is_over():
        batch += 1
        writes = numbers.random() < 0.7
        work = numbers.choice(requests.writes if writes else requests.reads)
        await ledger.request(work, batch, writes=writes)


@pytest.mark.slow
@pytest.mark.parametrize("cuts", CUTS)
async def test_wires_cut_at_random_leave_everything_or_nothing(postgres_url: str, seed: int, cuts: int) -> None:
    numbers = random.Random(seed)
    settings = Settings(database_url=postgres_url, sealing_keys=sealing.new_key())
    async with open_database(settings, catalog=ACCOUNTS) as direct:
        await direct.run(*make_ledger(direct))
        async with wire_to(target_of(settings)) as (wire, url):
            through = Settings(
                database_url=url, sealing_keys=settings.sealing_keys, pool_size=4, acquire_timeout=300, lock_timeout=300
            )
            async with open_database(through, catalog=ACCOUNTS) as db:
                ledger, over = Ledger(), asyncio.Event()
                clients = [use(db, ledger, numbers, over.is_set, 10_000_000 * n) for n in range(1, 7)]
                await asyncio.gather(*clients, cut_often(wire, numbers, cuts, ledger, over))
                assert db.pool_stats()["connections"].used == 0
        rows, _ = await run(direct, "SELECT amount, id FROM ledger")
    assert ledger.damage(rows) == [], f"seed {seed}: {ledger.seen}"


async def cut_often(wire: Wire, numbers: random.Random, cuts: int, ledger: Ledger, over: asyncio.Event) -> None:
    """So many cuts, and more until some requests have succeeded and some have failed."""
    while cuts > 0 or not (ledger.seen["done"] and ledger.seen["failed"]):
        wire.cut_after(numbers.randrange(3000))
        await asyncio.sleep(numbers.random() * 0.06)
        cuts -= 1
    over.set()


WORKER = """
import asyncio, sys
from tests.database.requests import Requests
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.settings import Settings

async def client(db, first):
    requests = Requests(db)
    for batch in range(first, first + 100_000):
        await requests.writes[batch % len(requests.writes)](batch)
        print(batch, flush=True)

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sys.argv[2], lock_timeout=300, acquire_timeout=300)
    async with open_database(settings, catalog=ACCOUNTS) as db:
        first = int(sys.argv[3])
        await asyncio.gather(*(client(db, first + 100_000 * n) for n in range(4)))

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("kills", KILLS)
async def test_killed_processes_lose_nothing_that_was_acknowledged(
    ledger: Database,
    settings: Settings,
    database_url: str,
    outside: Outside,
    tmp_path: Path,
    seed: int,
    kills: int,
) -> None:
    numbers = random.Random(seed)
    assert settings.sealing_keys is not None
    key = settings.sealing_keys.get_secret_value()
    acknowledged: set[int] = set()
    for kill in range(1, kills + 1):
        printed = tmp_path / f"printed {kill}"
        printed.touch()
        process = start(WORKER, database_url, key, str(1_000_000 * kill), printed=printed)
        while b"\n" not in printed.read_bytes():  # it works
            assert process.is_alive(), printed.read_text()
            await asyncio.sleep(0.01)
        await asyncio.sleep(numbers.random() * 0.1)
        process.kill()
        process.join()
        # The last line may be cut off.
        acknowledged |= {int(line) for line in printed.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")}
    assert outside.transactions_left_open() == 0
    found = Counter(await column(ledger, "SELECT amount FROM ledger"))
    assert acknowledged - set(found) == set(), f"seed {seed}: acknowledged and lost"
    assert set(found.values()) == {2}, f"seed {seed}: half applied"
    await run(ledger, "UPDATE ledger SET amount = 0")


@pytest.mark.slow
@pytest.mark.parametrize("minutes", MINUTES)
async def test_in_long_use_nothing_grows_and_nothing_is_lost(
    ledger: Database, settings: Settings, outside: Outside, seed: int, minutes: float
) -> None:
    """Ordinary requests, cancellations, and sessions that are ended; connections, tasks and files stay as few."""
    numbers = random.Random(seed)
    loop = asyncio.get_running_loop()
    await column(ledger, "SELECT 1")  # its reader is open
    files, tasks = count_files(), len(asyncio.all_tasks())
    changes = {"pool_size": 4, "sqlite_readers": 4, "acquire_timeout": 300, "lock_timeout": 300}
    async with open_database(settings.model_copy(update=changes), catalog=ACCOUNTS) as db:
        books, end = Ledger(), loop.time() + 60 * minutes
        clients = [use(db, books, numbers, lambda: loop.time() > end, 1_000_000_000 * n) for n in range(1, 7)]
        await asyncio.gather(*clients, disturb(db, outside, numbers, end))
        for stats in db.pool_stats().values():
            assert (stats.used, stats.waiting) == (0, 0)
            assert stats.idle <= stats.size
        connections = sum(stats.size for stats in db.pool_stats().values())
        assert count_files() <= files + 3 * connections  # SQLite opens the database, its -wal and its -shm
    assert len(asyncio.all_tasks()) <= tasks
    assert outside.transactions_left_open() == 0
    rows, _ = await run(ledger, "SELECT amount, id FROM ledger")
    assert books.damage(rows) == [], f"seed {seed}: {books.seen}"
    assert books.seen["done"]


def count_files() -> int:
    """The files that are open and still in use."""
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def disturb(db: Database, outside: Outside, numbers: random.Random, end: float) -> None:
    """Cancel requests, and end a session of the server, every now and then."""
    requests, batch = Requests(db), 0
    while asyncio.get_running_loop().time() < end:
        batch -= 1
        reading = asyncio.create_task(numbers.choice(requests.reads)(batch))
        await asyncio.sleep(numbers.random() * 0.01)
        reading.cancel()
        with suppress(asyncio.CancelledError, DatabaseError):
            await reading
        if isinstance(outside, PostgresOutside) and numbers.random() < 0.1:
            await asyncio.to_thread(
                outside.query,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend' ORDER BY random() LIMIT 1",
            )
