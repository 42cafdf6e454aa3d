"""Change many rows in batches, each its own transaction. By default, the time of a batch sets the size of the next."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Final

# Another writer waits for one batch at most. Twice this time is what it may wait on an idle machine.
_BATCH_SECONDS: Final = 0.005
_FIRST: Final = 200
_LEAST: Final = 100  # smaller batches would spend their time on COMMIT
_MOST: Final = 5000


async def purge_in_batches(
    change_batch: Callable[[int], Awaitable[int]],
    batch_size: int | None,
    progress: Callable[[int], None] | None,
    *,
    clock: Callable[[], float] = perf_counter,
) -> int:
    """Call `change_batch(size)` until it changes fewer rows than `size`; return the total number of changed rows.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    done. After each batch, `progress` is called with the number of rows so far. `batch_size` sets the size of all
    batches. Without it, each batch is as large as it may be to take about five milliseconds.
    """
    purged, size = 0, _FIRST if batch_size is None else batch_size
    while True:
        began = clock()
        changed = await change_batch(size)
        seconds = clock() - began
        purged += changed
        if progress is not None and changed:
            progress(purged)
        if changed < size:
            return purged
        if batch_size is None:
            size = _next_size(size, seconds)


def _next_size(size: int, seconds: float) -> int:
    """Return the number of rows that take `_BATCH_SECONDS` at the speed of the last batch.

    It is at least half the last number and at most twice that, because the time of one batch may be an exception.
    """
    fits = round(size * _BATCH_SECONDS / seconds) if seconds > 0 else _MOST
    return max(_LEAST, size // 2, min(fits, 2 * size, _MOST))
