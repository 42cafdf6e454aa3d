"""`store_in_batches`: the next rows are encoded while the database stores others, and all rows are stored or none."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import pytest

from hangar_dal import Database, Transaction
from hangar_dal.batching import store_in_batches
from hangar_dal.errors import InvalidValue

WAIT = 300  # seconds until a test fails that would wait forever


class Prepared(NamedTuple):
    """Stands for a `Call`."""

    run: Callable[[Transaction], Awaitable[int]]


class Recorded:
    """A query that stores nothing. `stored` has its lists, and `encoded` those that a thread encoded."""

    def __init__(self) -> None:
        self.stored: list[list[int]] = []
        self.encoded: list[list[int]] = []
        self.loop = asyncio.get_running_loop()
        self.changed = asyncio.Event()

    async def __call__(self, tx: Transaction, batch: list[int]) -> int:
        self.stored.append(batch)
        return len(batch)

    def prepare(self, tx: Transaction, arguments: tuple[list[int]], named: dict[str, Any]) -> Prepared:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        self.encoded += arguments
        self.loop.call_soon_threadsafe(self.changed.set)
        return Prepared(lambda tx: self(tx, *arguments))


async def test_the_next_list_is_encoded_while_one_is_stored(database: Database) -> None:
    class Slow(Recorded):
        async def __call__(self, tx: Transaction, batch: list[int]) -> int:
            if len(batch) == 2:  # not the last one
                await asyncio.wait_for(self.changed.wait(), WAIT)
                self.changed.clear()
            return await super().__call__(tx, batch)

    store = Slow()
    assert await store_in_batches(database, store, range(5), 2) == [2, 2, 1]
    assert (store.stored, store.encoded) == ([[0, 1], [2, 3], [4]], [[2, 3], [4]])


async def test_a_single_list_needs_no_thread(database: Database) -> None:
    store = Recorded()
    assert await store_in_batches(database, store, range(2), 2) == [2]
    assert (store.stored, store.encoded) == ([[0, 1]], [])


async def test_a_function_that_is_no_query_is_called_for_each_list(database: Database) -> None:
    async def store(tx: Transaction, batch: list[int]) -> list[int]:
        return batch

    assert await store_in_batches(database, store, [1, 1, 2, 3, 3], 3, key=lambda row: row) == [[1, 2], [3]]
    assert await store_in_batches(database, store, [], 3) == []


async def test_the_error_of_a_list_comes_in_its_turn(database: Database) -> None:
    class Refusing(Recorded):
        def prepare(self, tx: Transaction, arguments: tuple[list[int]], named: dict[str, Any]) -> Prepared:
            super().prepare(tx, arguments, named)
            raise InvalidValue("rows: refused")

    store = Refusing()
    with pytest.raises(InvalidValue, match="refused"):
        await store_in_batches(database, store, range(4), 2)
    assert store.stored == [[0, 1]]


async def test_the_error_of_a_statement_comes_before_that_of_the_next_list(database: Database) -> None:
    class Failing(Recorded):
        async def __call__(self, tx: Transaction, batch: list[int]) -> int:
            await asyncio.wait_for(self.changed.wait(), WAIT)
            raise KeyError("first")

        def prepare(self, tx: Transaction, arguments: tuple[list[int]], named: dict[str, Any]) -> Prepared:
            super().prepare(tx, arguments, named)
            raise InvalidValue("rows: refused")

    problems: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
    with pytest.raises(KeyError, match="first"):
        await store_in_batches(database, Failing(), range(4), 2)
    assert problems == []


@pytest.mark.parametrize("batch_size", [0, -1, True, 2.0])
async def test_a_batch_size_below_one_is_refused(database: Database, batch_size: int) -> None:
    with pytest.raises(InvalidValue, match="batch_size"):
        await store_in_batches(database, Recorded(), [1], batch_size)
