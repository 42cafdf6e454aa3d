"""Several processes write one SQLite file: each waits its turn, none fails, nothing is lost."""

import pytest

from hangar_dal import ACCOUNTS, sealing
from hangar_dal.database import open_database
from hangar_dal.settings import Settings
from tests.database.ledger import column, make_ledger, run
from tests.helpers.commands import run_together

PROCESSES, TRANSACTIONS = 8, 50
WRITER = """
import asyncio, sys
from tests.database.ledger import column, run
from hangar_dal import ACCOUNTS
from hangar_dal.database import open_database
from hangar_dal.settings import Settings

async def main():
    async with open_database(Settings(database_url=sys.argv[1], lock_timeout=300), catalog=ACCOUNTS) as db:
        wait_for_others()
        for _ in range(int(sys.argv[2])):
            async with db.transaction() as tx:
                [amount] = await column(tx, "SELECT amount FROM ledger WHERE id = 1")
                await run(tx, "UPDATE ledger SET amount = :amount WHERE id = 1", amount=amount + 1)
            await run(db, "UPDATE ledger SET amount = amount + 1 WHERE id = 2")

asyncio.run(main())
"""


@pytest.mark.slow
async def test_many_processes_write_one_file_and_lose_no_update(sqlite_url: str) -> None:
    async with open_database(Settings(database_url=sqlite_url, sealing_keys=sealing.new_key()), catalog=ACCOUNTS) as db:
        await db.run(*make_ledger(db))
        await run(db, "INSERT INTO ledger (id, amount) VALUES (1, 0), (2, 0)")
        run_together(WRITER, sqlite_url, str(TRANSACTIONS), processes=PROCESSES)
        assert await column(db, "SELECT amount FROM ledger ORDER BY id") == [PROCESSES * TRANSACTIONS] * 2
        assert await column(db, "SELECT integrity_check FROM pragma_integrity_check") == ["ok"]
