"""`python -m benchmarks.blocking URL`: what a call from a thread costs beside the same call in an event loop.

The database must have the tables of ACCOUNTS and no users. Both do one thing at a time, in shuffled rounds.
"""

import asyncio
import random
import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import ACCOUNTS, Settings, blocking, builders, open_database, sealing, users

ROUNDS = 60
CALLS = 200
Work = Callable[[], None]


def main(url: str, rounds: int = ROUNDS) -> None:
    settings = Settings(database_url=SecretStr(url), sealing_keys=SecretStr(sealing.new_key()))
    with blocking.open_database(settings, catalog=ACCOUNTS) as db, asyncio.Runner() as runner:
        ids = [db.call(users.insert_user, builders.eve_user(), hashed_password=None).id for _ in range(CALLS)]
        opened = runner.run(open_database(settings, catalog=ACCOUNTS)._open())

        async def awaited_calls() -> None:
            for user_id in ids:
                await users.get_user(opened, user_id)

        async def awaited_transactions() -> None:
            for user_id in ids[: CALLS // 4]:
                async with opened.transaction() as tx:
                    for _ in range(3):
                        await users.get_user(tx, user_id)

        pairs: dict[str, tuple[Work, Work]] = {
            "row by key": (lambda: runner.run(awaited_calls()), lambda: _calls(db, ids)),
            "transaction of three": (lambda: runner.run(awaited_transactions()), lambda: _transactions(db, ids)),
        }
        for name, (awaited, called) in pairs.items():
            awaited(), called()
            ratios = sorted(_ratio(awaited, called) for _ in range(rounds))
            print(f"{db.dialect}: {name}: {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        runner.run(opened.close())


def _calls(db: blocking.BlockingDatabase, ids: list[UUID]) -> None:
    for user_id in ids:
        db.call(users.get_user, user_id)


def _transactions(db: blocking.BlockingDatabase, ids: list[UUID]) -> None:
    for user_id in ids[: CALLS // 4]:
        with db.transaction() as tx:
            for _ in range(3):
                tx.call(users.get_user, user_id)


def _ratio(awaited: Work, called: Work) -> float:
    seconds: dict[Work, float] = {}
    for work in random.sample([awaited, called], 2):
        begun = perf_counter()
        work()
        seconds[work] = perf_counter() - begun
    return seconds[called] / seconds[awaited]


if __name__ == "__main__":
    main(*sys.argv[1:2], *map(int, sys.argv[2:3]))
