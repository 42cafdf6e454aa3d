"""Workers of the outbox in processes of their own, killed at random and replaced: a program for the tests.

Arguments: the URL, the file to which each delivery is written, the seed, how many workers, how many kills. It ends when
its standard input is closed. Workers are forked, so that a new one costs no imports.
"""

import asyncio
import os
import random
import select
import signal
import sys
import traceback
from datetime import timedelta

from hangar_dal import OUTBOX, open_database, outbox
from hangar_dal.errors import MessageLeaseLost
from hangar_dal.settings import Settings


async def work(url: str, log: int, seed: int) -> None:
    numbers = random.Random(seed)
    settings = Settings(database_url=url, pool_size=2, sqlite_readers=1, lock_timeout=300, acquire_timeout=300)
    async with open_database(settings, catalog=OUTBOX) as db:
        lease, poll = timedelta(seconds=2), timedelta(milliseconds=20)
        async for batch in outbox.work(db, "mail", batch_size=5, lease=lease, poll=poll):
            for message in batch:
                if db.now() > message.lease_ends_at:
                    continue
                os.write(log, f"{message.ordering_key} {message.dedup_key} {message.attempts}\n".encode())
                try:
                    if numbers.random() < 0.1:
                        await outbox.fail(
                            db, message, "again", retry_after=timedelta(milliseconds=1), max_attempts=1000
                        )
                    else:
                        await outbox.done(db, message)
                except MessageLeaseLost:
                    pass


def start(url: str, log: int, seed: int) -> int:
    if child := os.fork():
        return child
    try:
        asyncio.run(work(url, log, seed))
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def end(worker: int) -> None:
    """Kill a worker, which must not have ended by itself."""
    os.kill(worker, signal.SIGKILL)
    _, status = os.waitpid(worker, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, "a worker has ended by itself"


def main(url: str, path: str, seed: int, workers: int, kills: int) -> None:
    numbers = random.Random(seed)
    log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    running = [start(url, log, numbers.getrandbits(32)) for _ in range(workers)]
    try:
        for _ in range(kills):
            select.select([], [], [], numbers.random() * 0.2)
            end(running.pop(numbers.randrange(workers)))
            running.append(start(url, log, numbers.getrandbits(32)))
        print("killed", flush=True)
        sys.stdin.read()
    finally:
        while running:
            end(running.pop())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
