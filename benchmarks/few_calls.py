"""The program whose instructions are counted: makes N and 2N calls of each kind, and has callgrind dump each count.

Runs by its path, also with the interpreter of an environment that holds another version of the package.
"""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from itertools import count, islice

from pydantic import SecretStr

from hangar_dal import ACCOUNTS, Database, NewUser, Settings, User, open_database, sealing, users

HASH = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$RdescudvJCsgt3ub+b8dWA"

WARM_UP = 20  # statements are prepared, caches filled


async def row_by_key(db: Database, user: User, number: int) -> None:
    await users.get_user(db, user.id)


async def insert(db: Database, user: User, number: int) -> None:
    await insert_user(db, f"pilot{number:05}")


async def transaction_of_three(db: Database, user: User, number: int) -> None:
    async with db.transaction() as tx:
        await users.get_user(tx, user.id)
        await users.touch_last_login(tx, user.id)
        await users.get_user(tx, user.id)


async def insert_user(db: Database, name: str) -> User:
    new = NewUser(username=name, email=f"{name}@example.org", password=SecretStr("a password that is not read"))
    return await users.insert_user(db, new, hashed_password=HASH)


KINDS = {"row by key": row_by_key, "insert": insert, "transaction of three statements": transaction_of_three}


async def main(url: str, calls: int) -> None:
    settings = Settings(database_url=SecretStr(url), sealing_keys=SecretStr(sealing.new_key()))
    async with open_database(settings, catalog=ACCOUNTS, clock=lambda: datetime.now(UTC)) as db:
        user = await insert_user(db, "first")
        numbers = count()
        for call in KINDS.values():
            for number in islice(numbers, WARM_UP):
                await call(db, user, number)
            for repeated in (calls, 2 * calls) if calls else ():  # 0: only to see that they run
                tell_callgrind("--instr=on")
                for number in islice(numbers, repeated):
                    await call(db, user, number)
                tell_callgrind("--instr=off")
                tell_callgrind("--dump")


def tell_callgrind(command: str) -> None:
    """Counting only what is of interest makes the rest several times faster."""
    subprocess.run(["callgrind_control", command, str(os.getpid())], check=True, capture_output=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
