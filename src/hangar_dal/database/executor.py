"""`Executor`, the first argument of each query: a database or a transaction."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Final

from hangar_dal.database.database import Database
from hangar_dal.database.transaction import Transaction
from hangar_dal.errors import TransactionError

Executor = Database | Transaction


def atomic(db: Executor) -> AbstractAsyncContextManager[Transaction]:
    """Apply all statements of the block or none: a transaction on a `Database`, a savepoint in a `Transaction`."""
    if not isinstance(db, Executor):
        raise not_an_executor("db", db)
    return db.savepoint() if isinstance(db, Transaction) else db.transaction()


def time_of(db: Executor) -> datetime:
    """Return the time of the database's clock in UTC, the value of `:now`."""
    if not hasattr(db, "now"):
        raise not_an_executor("db", db)
    return db.now()


def not_an_executor(what: str, given: object) -> TypeError:
    """Return the error for an argument in place of a database. `what` names the argument."""
    message = f"{what} must be a Database or a Transaction, not {type(given).__name__}"
    return TypeError(f"{message}; pass the one that `async with open_database(catalog=...) as db` gives")


WAITS_FOR_HASH: Final = "a transaction would hold its connection while a password is hashed. "


def refuse_transaction(db: object, why: str) -> None:
    """Raise `TransactionError` unless `db` is a `Database`. `why` states the reason and what to do instead."""
    if not isinstance(db, Executor):
        raise not_an_executor("db", db)
    if not isinstance(db, Database):
        raise TransactionError(f"db: expected Database, got {type(db).__name__}; {why}")
