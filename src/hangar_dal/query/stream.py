"""Rows one by one in constant memory.

`async with stream_users(db) as users: async for user in users: …`. A bare async iterator would keep its connection
after `break`; the block gives it back at once, however it is left.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

M = TypeVar("M")


class Stream(Generic[M]):
    """Declared as a query's result and used with `async with`; a stream is read once."""

    def __init__(
        self,
        chunks: AbstractAsyncContextManager[AsyncIterator[Sequence[Any]]],
        read: Callable[[Sequence[Any]], list[M]],
    ) -> None:
        self._chunks = chunks
        self._read = read

    async def __aenter__(self) -> AsyncIterator[M]:
        return _Rows(await self._chunks.__aenter__(), self._read)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        return await self._chunks.__aexit__(kind, error, traceback)


class _Rows(AsyncIterator[M]):
    """Not a generator: a loop that is left early must leave nothing for the garbage collector to finish."""

    def __init__(self, chunks: AsyncIterator[Sequence[Any]], read: Callable[[Sequence[Any]], list[M]]) -> None:
        self._chunks = chunks
        self._read = read
        self._rows: Iterator[M] = iter(())

    async def __anext__(self) -> M:
        while True:
            for row in self._rows:
                return row
            self._rows = iter(self._read(await anext(self._chunks)))
