"""`python -m diary NAME ...`: add these users, and print all of them."""

import asyncio
import sys

from diary import CATALOG, users
from hangar_dal import open_database


async def main(names: list[str]) -> None:
    async with open_database(catalog=CATALOG) as db:
        for number, name in enumerate(names):
            await users.add_user(db, id=number, name=name)
        print(*(user.name for user in await users.list_users(db, limit=10)))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
