"""What a query runs on. Builds on `database`."""

from contextlib import AbstractAsyncContextManager

from hangar_dal.database.database import Database
from hangar_dal.database.transaction import Transaction
from hangar_dal.errors import TransactionError

Executor = Database | Transaction


def atomic(db: Executor) -> AbstractAsyncContextManager[Transaction]:
    """All or nothing, wherever the caller stands: a transaction on a `Database`, a savepoint in a `Transaction`."""
    return db.savepoint() if isinstance(db, Transaction) else db.transaction()


def check_before_hashing(db: object, instead: str) -> None:
    """Raise `TransactionError` for anything but a `Database`; `instead` says what to do in a transaction."""
    if not isinstance(db, Database):
        raise TransactionError(
            f"db: expected Database, got {type(db).__name__}; its connection would wait while a password is hashed. "
            f"{instead}"
        )
