"""Each kind of call that an application makes, writing one row of the ledger or none."""

from collections.abc import Awaitable, Callable
from typing import Final

from hangar_dal.database import Database
from tests.database.ledger import column, query, run, sql

INSERT: Final = "INSERT INTO ledger (id, amount) VALUES (:id, 1)"
IDS: Final = "SELECT id FROM ledger ORDER BY id"


async def read(db: Database, number: int) -> None:
    assert await column(db, "SELECT 1") == [1]


async def write(db: Database, number: int) -> None:
    await run(db, INSERT, id=number)


async def transact(db: Database, number: int) -> None:
    async with db.transaction() as tx:
        await run(tx, INSERT, id=number)


async def batch(db: Database, number: int) -> None:
    async with db.batch() as sent:
        sent.add(query(INSERT), id=number)


async def stream(db: Database, number: int) -> None:
    async with db.stream(*sql(db, "SELECT 1")) as chunks:
        assert [len(rows) async for rows in chunks] == [1]


Call = Callable[[Database, int], Awaitable[None]]
READS: Final[list[Call]] = [read, stream]
WRITES: Final[list[Call]] = [write, transact, batch]
