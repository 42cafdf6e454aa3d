"""What a user may import, and what importing it costs."""

import subprocess
import sys

import hangar_dal


def test_the_public_names_are_listed_in_order_and_exist() -> None:
    """Constants first, as ruff sorts them."""
    assert hangar_dal.__all__ == sorted(hangar_dal.__all__, key=lambda name: (not name.isupper(), name))
    for name in hangar_dal.__all__:
        assert getattr(hangar_dal, name) is not None


def test_an_application_on_sqlite_loads_neither_psycopg_nor_yoyo() -> None:
    program = """
import asyncio, sys
from hangar_dal import ACCOUNTS
from hangar_dal import Settings, open_database, users

async def main():
    async with open_database(Settings(database_url="sqlite:///:memory:"), catalog=ACCOUNTS) as db:
        assert await users.count_users(db) == 0

asyncio.run(main())
print(sorted({name.partition(".")[0] for name in sys.modules} & {"psycopg", "psycopg_pool", "yoyo"}))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[]\n", "")
