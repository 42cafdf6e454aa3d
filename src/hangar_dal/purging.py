"""Delete many rows in batches."""

from collections.abc import Awaitable, Callable


async def purge_in_batches(
    delete_batch: Callable[[], Awaitable[int]], batch_size: int, progress: Callable[[int], None] | None
) -> int:
    """Call `delete_batch` until it deletes fewer than `batch_size` rows; returns how many were deleted in all.

    Each batch is a transaction of its own, so that no writer waits for long and what is done stays done; `progress` is
    called with the count so far.
    """
    purged = 0
    while True:
        deleted = await delete_batch()
        purged += deleted
        if progress is not None and deleted:
            progress(purged)
        if deleted < batch_size:
            return purged
