"""What a query runs on. Builds on `database`."""

from contextlib import AbstractAsyncContextManager

from hangar_dal.database.database import Database
from hangar_dal.database.transaction import Transaction

Executor = Database | Transaction


def atomic(db: Executor) -> AbstractAsyncContextManager[Transaction]:
    """All or nothing, wherever the caller stands: a transaction on a `Database`, a savepoint in a `Transaction`."""
    return db.savepoint() if isinstance(db, Transaction) else db.transaction()
