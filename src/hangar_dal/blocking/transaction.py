"""`BlockingTransaction`: a transaction for code that is not asynchronous."""

from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from hangar_dal.blocking.session import Session
from hangar_dal.database import Transaction
from hangar_dal.database.batch import Batch
from hangar_dal.query import Stream
from hangar_dal.sqlscan import Dialect

P = ParamSpec("P")
T = TypeVar("T")


class BlockingTransaction:
    """A transaction for code that is not asynchronous, for one thread at a time."""

    def __init__(self, session: Session, transaction: Transaction) -> None:
        self._session = session
        self._transaction = transaction

    @property
    def dialect(self) -> Dialect:
        """Which database it is: "sqlite" or "postgresql"."""
        return self._transaction.dialect

    def call(
        self, function: Callable[Concatenate[Transaction, P], Awaitable[T]], /, *arguments: P.args, **named: P.kwargs
    ) -> T:
        """Call a function that takes a transaction, and return its result."""
        return self._session.run(called(function, self._transaction, *arguments, **named))

    @contextmanager
    def stream(
        self, function: Callable[Concatenate[Transaction, P], Stream[T]], /, *arguments: P.args, **named: P.kwargs
    ) -> Generator[Iterator[T]]:
        """Read the rows of a stream one by one. Other calls of the transaction may run in between."""
        with self._session.entered(function(self._transaction, *arguments, **named)) as rows:
            yield self._session.rows(rows)

    @contextmanager
    def batch(self) -> Generator[Batch]:
        """Collect queries, and send them together at the end of the block, as `Transaction.batch` does."""
        with self._session.entered(self._transaction.batch()) as batch:
            yield batch

    @contextmanager
    def savepoint(self) -> Generator[Self]:
        """Open a savepoint. If an error leaves its block, only the block is undone, and the transaction continues."""
        with self._session.entered(self._transaction.savepoint()):
            yield self

    def now(self) -> datetime:
        """Return the time of the clock in UTC, the value of `:now`."""
        return self._transaction.now()


async def called(
    function: Callable[Concatenate[Any, P], Awaitable[T]], db: Any, *arguments: P.args, **named: P.kwargs
) -> T:
    """Call the function, and return its result. Raises `TypeError` for a stream, which cannot be awaited."""
    found = function(db, *arguments, **named)
    if isinstance(found, Stream):
        name = getattr(function, "__name__", "it")
        raise TypeError(f"{name} returns a stream; read it in `with db.stream({name}) as rows:`")
    return await found
