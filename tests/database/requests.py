"""What an application does with a database, as material for storms. A batch is two rows of the ledger, or none."""

from contextlib import suppress

from hangar_dal.database import Database, Transaction
from hangar_dal.database.batch import Batch
from tests.database.ledger import query, run, sql

INSERT = "INSERT INTO ledger (id, amount) VALUES (:id, :batch)"


class GaveUp(Exception):
    """Raised by an application in the middle of its transaction."""


class Requests:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.writes = [self.transaction, self.savepoint, self.statement, self.retried]
        self.writes += [self.together, self.together_with_rows, self.together_in_transaction]
        self.reads = [self.read, self.read_in_transaction, self.stream, self.roll_back, self.read_together]

    async def half(self, tx: Transaction, batch: int, which: int) -> None:
        await run(tx, INSERT, id=2 * batch + which, batch=batch)

    async def transaction(self, batch: int) -> None:
        async with self.db.transaction() as tx:
            await self.half(tx, batch, 0)
            await self.half(tx, batch, 1)

    async def savepoint(self, batch: int) -> None:
        async with self.db.transaction() as tx:
            await self.half(tx, batch, 0)
            async with tx.savepoint():
                await self.half(tx, batch, 1)

    async def retried(self, batch: int) -> None:
        async def work(tx: Transaction) -> None:
            await self.half(tx, batch, 0)
            await self.half(tx, batch, 1)

        await self.db.in_transaction(work)

    async def statement(self, batch: int) -> None:
        text = "INSERT INTO ledger (id, amount) VALUES (:a, :batch), (:b, :batch)"
        await run(self.db, text, a=2 * batch, b=2 * batch + 1, batch=batch)

    async def together(self, batch: int) -> None:
        async with self.db.batch() as sent:
            self.add_halves(sent, batch, INSERT)

    async def together_with_rows(self, batch: int) -> None:
        async with self.db.batch() as sent:
            self.add_halves(sent, batch, f"{INSERT} RETURNING id")

    async def together_in_transaction(self, batch: int) -> None:
        async with self.db.transaction() as tx, tx.batch() as sent:
            self.add_halves(sent, batch, INSERT)

    def add_halves(self, sent: Batch, batch: int, text: str) -> None:
        for which in (0, 1):
            sent.add(query(text, returns_rows="RETURNING" in text), id=2 * batch + which, batch=batch)

    async def read_together(self, batch: int) -> None:
        async with self.db.batch() as sent:
            for _ in range(2):
                sent.add(query("SELECT id, amount FROM ledger WHERE id = :id", returns_rows=True), id=batch)

    async def read(self, batch: int) -> None:
        await run(self.db, "SELECT id, amount FROM ledger WHERE id = :id", id=batch)

    async def read_in_transaction(self, batch: int) -> None:
        async with self.db.transaction(read_only=True) as tx:
            await run(tx, "SELECT id, amount FROM ledger WHERE id = :id", id=batch)
            await run(tx, "SELECT id, amount FROM ledger WHERE id = :id", id=batch)

    async def stream(self, batch: int) -> None:
        statement = sql(self.db, "SELECT id FROM ledger WHERE id <= :id ORDER BY id", id=40)
        async with self.db.stream(*statement, chunk=10) as chunks:
            async for _ in chunks:
                pass

    async def roll_back(self, batch: int) -> None:
        with suppress(GaveUp):
            async with self.db.transaction() as tx:
                await self.half(tx, batch, 0)
                with suppress(GaveUp):
                    async with tx.savepoint():
                        await self.half(tx, batch, 1)
                        raise GaveUp
                raise GaveUp
