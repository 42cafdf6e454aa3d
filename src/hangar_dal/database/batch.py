"""A batch: queries that are collected first, and then sent together.

    async with db.batch() as batch:
        user = batch.add(users.get_user, user_id)
        unread = batch.add(notifications.count_unread, user_id)
    show(user.result(), unread.result())

Below `transaction` and `database`.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Concatenate, Final, Generic, NamedTuple, ParamSpec, TypeVar, cast

from hangar_dal.database.statement import Parameters, Result, Row, Statement
from hangar_dal.errors import TransactionClosed, TransactionError
from hangar_dal.sizes import LargeOnLoop

P = ParamSpec("P")
T = TypeVar("T")

_NOTHING: Final = object()


class Call(NamedTuple):
    """A query with its encoded parameters. `read` makes its result of the rows and the row count.

    `returns_rows` is False for a result that cannot be wrong: None, or the row count.
    """

    statement: Statement
    parameters: Parameters
    read: Callable[[Sequence[Row], int], Any]
    returns_rows: bool

    async def run(self, db: Any) -> Any:
        """Run the query alone, and return its result."""
        return self.read(*await db.run(self.statement, self.parameters))


ReadAll = Callable[[Sequence[Result]], None]
Send = Callable[[Sequence[Call], ReadAll], Awaitable[None]]  # reads the results before COMMIT, if it can


class Pending(Generic[T]):
    """The result of a query that was added to a batch. It is known after the block of the batch."""

    __slots__ = ("_name", "_result")

    def __init__(self, name: str) -> None:
        self._name = name
        self._result: Any = _NOTHING

    def result(self) -> T:
        """Return the result. Raises `TransactionError` in the block of the batch, and if the batch has failed."""
        if self._result is _NOTHING:
            message = "the batch was not sent yet, or it has failed; its results are there after its block"
            raise TransactionError(message).of(self._name)
        return cast("T", self._result)

    def _set(self, result: T) -> None:
        self._result = result


class Batch:
    """Queries that are sent together at the end of the block of `db.batch()` or `tx.batch()`."""

    def __init__(self, db: Any) -> None:
        self._db = db
        self._calls: list[Call | Callable[[], Call]] = []
        self._pending: list[Pending[Any]] = []
        self._has_ended = False

    def add(
        self, query: Callable[Concatenate[Any, P], Awaitable[T]], /, *arguments: P.args, **named: P.kwargs
    ) -> Pending[T]:
        """Add a query: `batch.add(users.get_user, user_id)`. Return its result, which is known after the block.

        Raises `InvalidValue` at once for an argument that is wrong, as a call of the query does.
        """
        name = getattr(query, "__name__", type(query).__name__)
        prepare_call: Callable[..., Call] | None = getattr(query, "prepare", None)  # of `Catalog.query`
        if prepare_call is None:
            message = f"batch.add: {name} is no declared query that returns a result"
            raise TypeError(f"{message}; a batch takes no streams, and no functions that run several queries")
        if self._has_ended:
            raise TransactionClosed("the batch was sent; add the query to another one").of(name)
        prepare = partial(prepare_call, self._db, arguments, named)
        try:
            self._calls.append(self._known(prepare()))
        except LargeOnLoop:
            self._calls.append(prepare)
        self._pending.append(Pending(name))
        return self._pending[-1]

    def _known(self, call: Call) -> Call:
        """Return the call. `hangar_queries` counts the calls that pass here."""
        return call

    async def send(self, send: Send) -> None:
        """Send all queries, and read their results. Does nothing if there is none."""
        self._has_ended = True
        calls = [call if isinstance(call, Call) else self._known(await asyncio.to_thread(call)) for call in self._calls]

        found: list[Any] = []

        def read(results: Sequence[Result]) -> None:
            found.extend(call.read(rows, count) for call, (rows, count) in zip(calls, results, strict=True))

        if calls:
            await send(calls, read)
        for pending, result in zip(self._pending, found, strict=True):
            pending._set(result)


@asynccontextmanager
async def batched(db: Any, send: Send) -> AsyncIterator[Batch]:
    """Yield a batch, and send it at the end of the block. If an error leaves the block, nothing is sent."""
    batch = Batch(db)
    yield batch
    await batch.send(send)


def batch_name(calls: Sequence[Call]) -> str:
    """Return the name of a batch for errors and observers, such as `BATCH users.get_user, users.list_users`."""
    return f"BATCH {', '.join(dict.fromkeys(call.statement.name for call in calls))}"
