"""Delete many rows in batches."""

from collections.abc import Awaitable, Callable


async def purge_in_batches(
    delete_batch: Callable[[], Awaitable[int]], batch_size: int, progress: Callable[[int], None] | None
) -> int:
    """Call `delete_batch` until it deletes fewer than `batch_size` rows; return the total number of deleted rows.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    purged = 0
    while True:
        deleted = await delete_batch()
        purged += deleted
        if progress is not None and deleted:
            progress(purged)
        if deleted < batch_size:
            return purged
