"""Store many rows in batches, one statement for each, all or none."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from hangar_dal.database import Executor, Transaction, atomic
from hangar_dal.database.batch import Call
from hangar_dal.errors import InvalidValue

T = TypeVar("T")
R = TypeVar("R")
Store = Callable[[Transaction, list[T]], Awaitable[R]]
Key = Callable[[T], object]


async def store_in_batches(
    db: Executor, store: Store[T, R], rows: Iterable[T], batch_size: int, *, key: Key[T] | None = None
) -> list[R]:
    """Call `store(tx, batch)` for lists of `batch_size` rows, in one transaction; return its results in order.

    The last list may be shorter, and none is empty. With `key`, rows whose key an earlier row of the same list has are
    left out. If `store` is a query, a thread encodes the next list while the database stores the one before.
    """
    async with atomic(db) as tx:
        return await store_batches(tx, store, rows, batch_size, key=key)


async def store_batches(
    tx: Transaction, store: Store[T, R], rows: Iterable[T], batch_size: int, *, key: Key[T] | None = None
) -> list[R]:
    """Do the same as `store_in_batches`, without a savepoint: the caller's transaction keeps all rows or none."""
    lists = _lists(rows, batch_size, key)
    if (first := next(lists, None)) is None:
        return []
    results: list[R] = []
    call: Callable[[], Awaitable[R]] = partial(store, tx, first)
    for batch in lists:
        async with _encoding(store, tx, batch) as following:
            results.append(await call())
            call = await following
    return [*results, await call()]


def each_once(batch: list[T], key: Key[T]) -> list[T]:
    """Return the list without the rows whose key an earlier row has."""
    return list({key(row): row for row in reversed(batch)}.values())[::-1]


def _lists(rows: Iterable[T], batch_size: int, key: Key[T] | None) -> Iterator[list[T]]:
    if type(batch_size) is not int or batch_size < 1:
        raise InvalidValue("batch_size: must be an int of at least 1")
    remaining = iter(rows)
    lists = iter(lambda: list(islice(remaining, batch_size)), [])
    return lists if key is None else (each_once(batch, key) for batch in lists)


@asynccontextmanager
async def _encoding(
    store: Store[T, R], tx: Transaction, batch: list[T]
) -> AsyncGenerator[Awaitable[Callable[[], Awaitable[R]]]]:
    """Begin to encode the batch, and yield a task that returns the call that stores it."""
    task = asyncio.create_task(_encoded(store, tx, batch))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # retrieve it, so that asyncio does not report it


async def _encoded(store: Any, tx: Transaction, batch: list[T]) -> Callable[[], Awaitable[Any]]:
    if not hasattr(store, "prepare"):  # not a query
        return partial(store, tx, batch)
    call: Call = await asyncio.to_thread(store.prepare, tx, (batch,), {})
    return partial(call.run, tx)
