"""`Executor`, the first argument of each query: a database or a transaction."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from hangar_dal.database.database import Database
from hangar_dal.database.transaction import Transaction
from hangar_dal.errors import TransactionError

Executor = Database | Transaction


def atomic(db: Executor) -> AbstractAsyncContextManager[Transaction]:
    """Apply all statements of the block or none: a transaction on a `Database`, a savepoint in a `Transaction`."""
    return db.savepoint() if isinstance(db, Transaction) else db.transaction()


WAITS_FOR_HASH: Final = "a transaction would hold its connection while a password is hashed. "


def refuse_transaction(db: object, why: str) -> None:
    """Raise `TransactionError` unless `db` is a `Database`. `why` states the reason and what to do instead."""
    if not isinstance(db, Database):
        raise TransactionError(f"db: expected Database, got {type(db).__name__}; {why}")
