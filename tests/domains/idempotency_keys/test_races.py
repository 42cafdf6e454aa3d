"""Many requests with one key, and processes that die while they hold it: one payment, and no key that stays blocked."""

import asyncio
from pathlib import Path
from typing import Final

import pytest

from hangar_dal import Database, Settings, builders, idempotency_keys, payments
from hangar_dal.errors import IdempotencyKeyBusy
from hangar_dal.idempotency_keys import Answer
from tests.domains.idempotency_keys.test_idempotency_keys import REQUEST, count, pay
from tests.helpers.clock import Clock
from tests.helpers.commands import run_together, start

TASKS, PROCESSES = 64, 8
TOGETHER: Final = """
import asyncio, sys
from hangar_dal import COMMERCE, Settings, idempotency_keys, open_database, sealing
from tests.domains.idempotency_keys.test_idempotency_keys import REQUEST, pay

async def main():
    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), lock_timeout=300)
    async with open_database(settings, catalog=COMMERCE) as db:
        wait_for_others()
        print((await idempotency_keys.run(db, "payments", "k1", REQUEST, pay)).body["id"])

asyncio.run(main())
"""
HOLD: Final = """
import asyncio, sys
from hangar_dal import COMMERCE, Settings, idempotency_keys, open_database, sealing
from tests.domains.idempotency_keys.test_idempotency_keys import REQUEST, pay

async def main():
    async def hold(*given):
        for tx in given:
            await pay(tx)
        print("held", flush=True)
        await asyncio.sleep(1000)

    settings = Settings(database_url=sys.argv[1], sealing_keys=sealing.new_key(), idle_in_transaction_timeout=0)
    run = getattr(idempotency_keys, sys.argv[2])
    async with open_database(settings, catalog=COMMERCE) as db:
        await run(db, "payments", "k1", REQUEST, hold)

asyncio.run(main())
"""


async def test_many_tasks_with_one_key_make_one_payment(database: Database) -> None:
    runs = (idempotency_keys.run(database, "payments", "k1", REQUEST, pay) for _ in range(TASKS))
    answers = await asyncio.gather(*runs)
    assert len({str(answer.body["id"]) for answer in answers}) == 1
    assert await count(database) == 1


@pytest.mark.slow
async def test_many_processes_with_one_key_make_one_payment(database: Database, settings: Settings) -> None:
    url = settings.url.get_secret_value()
    said = await asyncio.to_thread(run_together, TOGETHER, url, processes=PROCESSES)
    assert len({lines[-1] for lines in said}) == 1
    assert await count(database) == 1


async def test_many_tasks_with_one_key_do_leased_work_once(database: Database) -> None:
    """Tasks that ask while another one works are refused. Tasks that ask later get its answer."""
    done = 0

    async def work() -> Answer:
        nonlocal done
        done += 1
        await payments.create_payment(database, builders.payment())
        return Answer(status=201)

    async def request(_: int) -> Answer | None:
        try:
            return await idempotency_keys.run_leased(database, "payments", "k1", REQUEST, work)
        except IdempotencyKeyBusy:
            return None

    answers = await asyncio.gather(*map(request, range(TASKS)))
    assert done == 1
    assert {answer.status for answer in answers if answer is not None} == {201}
    assert await count(database) == 1


@pytest.mark.slow
@pytest.mark.parametrize("run", ["run", "run_leased"])
async def test_a_killed_holder_does_not_block_its_key(
    database: Database, settings: Settings, tmp_path: Path, clock: Clock, run: str
) -> None:
    printed = tmp_path / "printed"
    printed.touch()
    process = start(HOLD, settings.url.get_secret_value(), run, printed=printed)
    while "held" not in printed.read_text():
        assert process.is_alive(), printed.read_text()
        await asyncio.sleep(0.02)
    process.kill()
    await asyncio.to_thread(process.join)
    held = await idempotency_keys.find_key(database, "payments", "k1")
    assert (held is None) == (run == "run")  # a transaction leaves nothing behind, a lease ends
    if held is not None and held.lease_ends_at is not None:
        clock.now = max(clock.now, held.lease_ends_at)
    await idempotency_keys.run(database, "payments", "k1", REQUEST, pay)
    assert await count(database) == 1
