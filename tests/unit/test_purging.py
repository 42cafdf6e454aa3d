"""Batches without a given size: the time of each sets the size of the next. A fake clock decides, not the machine."""

import asyncio

import pytest

from hangar_dal.purging import purge_in_batches


class Table:
    """Rows that take a time each, and a clock that shows it."""

    def __init__(self, rows: int, seconds: float) -> None:
        self.rows = rows
        self.seconds = seconds
        self.now = 0.0
        self.sizes: list[int] = []

    async def change(self, size: int) -> int:
        self.sizes.append(size)
        changed = min(size, self.rows)
        self.rows -= changed
        self.now += changed * self.seconds
        return changed

    def purge(self, batch_size: int | None = None) -> int:
        return asyncio.run(purge_in_batches(self.change, batch_size, None, clock=lambda: self.now))


def test_batches_grow_to_the_rows_of_five_milliseconds() -> None:
    table = Table(10_000, 0.000_004)
    assert table.purge() == 10_000
    assert table.sizes == [200, 400, 800, *[1250] * 7]


def test_fast_batches_grow_to_the_largest() -> None:
    table = Table(40_000, 0)
    assert table.purge() == 40_000
    assert table.sizes == [200, 400, 800, 1600, 3200, *[5000] * 7]


def test_slow_batches_shrink_to_the_smallest() -> None:
    table = Table(1_000, 0.001)
    assert table.purge() == 1_000
    assert table.sizes == [200, *[100] * 9]


def test_one_slow_batch_halves_the_next() -> None:
    table = Table(20_000, 0.000_001)

    async def change(size: int) -> int:
        if len(table.sizes) == 5:
            table.now += 1
        return await table.change(size)

    asyncio.run(purge_in_batches(change, None, None, clock=lambda: table.now))
    assert table.sizes[4:8] == [3200, 5000, 2500, 5000]


@pytest.mark.parametrize("seconds", [0, 0.001])
def test_a_given_size_is_the_size_of_all_batches(seconds: float) -> None:
    table = Table(25, seconds)
    assert table.purge(10) == 25
    assert table.sizes == [10, 10, 10]


def test_a_batch_that_is_not_full_is_the_last() -> None:
    table = Table(200, 0)
    assert table.purge() == 200
    assert table.sizes == [200, 400]
