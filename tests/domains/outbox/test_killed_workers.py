"""Worker processes are killed while they work: no message is lost, and each repeat can be recognised."""

import asyncio
import random
import sys
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from domain_fixtures import Sql
from hangar_dal import Database, outbox
from hangar_dal.settings import Settings

NURSERY = Path(__file__).with_name("nursery.py")
KEYS = 7
RUNS = [
    pytest.param(2, 4, 60, id="short"),
    pytest.param(8, 300, 6000, id="long", marks=pytest.mark.long),
]


@pytest.fixture
def clock() -> None:
    """The time of the workers: their leases end by themselves."""
    return


async def write(db: Database, count: int, seed: int) -> set[str]:
    """Write messages in transactions, of which every tenth is rolled back; returns the keys of the others."""
    numbers = random.Random(seed)
    kept = set()
    for n in range(count):
        key = str(numbers.randrange(KEYS)) if numbers.random() < 0.5 else None
        try:
            async with db.transaction() as tx:
                await outbox.put(tx, "mail", {}, ordering_key=key, dedup_key=f"{n:06}")
                if n % 10 == 9:
                    raise ZeroDivisionError
                kept.add(f"{n:06}")
        except ZeroDivisionError:
            pass
    return kept


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "kills", "count"), RUNS)
async def test_killed_workers_lose_no_message_and_keep_the_order(
    database: Database, settings: Settings, sql: Sql, tmp_path: Path, seed: int, workers: int, kills: int, count: int
) -> None:
    log = tmp_path / "log"
    arguments = [settings.url.get_secret_value(), str(log), *map(str, (seed, workers, kills))]
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(NURSERY), *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout
    try:
        written = await write(database, count, seed)
        assert await program.stdout.readline() == b"killed\n"
        while await sql("SELECT 1 FROM outbox WHERE status <> 'DONE' LIMIT 1"):  # noqa: ASYNC110 - of other processes
            await asyncio.sleep(0.05)
    finally:
        await program.communicate(b"")
    assert program.returncode == 0
    deliveries = [line.split() for line in log.read_text().splitlines()]
    assert {key for _, key, _ in deliveries} == written  # nothing is lost, and nothing was delivered that was not kept
    attempts, order = defaultdict(list), defaultdict(list)
    for ordering_key, key, attempt in deliveries:
        attempts[key].append(int(attempt))
        order[ordering_key].append(key)
    assert any(len(each) > 1 for each in attempts.values())
    for each in attempts.values():  # a repeat says that it is one; a killed worker may have delivered nothing
        assert all(later > earlier for earlier, later in pairwise(each))
    del order["None"]
    assert all(keys == sorted(keys) for keys in order.values())
    repeats = sum(len(each) - 1 for each in attempts.values())
    print(f"{len(written)} messages, {kills} kills, {len(deliveries)} deliveries, {repeats} repeats")
