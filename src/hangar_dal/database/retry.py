"""Which errors mean "the same again may succeed", and how long to keep trying. Stands above `errors` alone."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from hangar_dal.errors import ConnectionFailed, DatabaseBusy, TransactionConflict, TransactionFailed

T = TypeVar("T")

# Nothing of the transaction was kept after any of these: a connection lost under COMMIT is `CommitUnknown`.
_AGAIN: Final = (TransactionConflict, DatabaseBusy, ConnectionFailed)
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 1.0


async def retried(once: Callable[[], Awaitable[T]], deadline: float) -> T:
    """Call until it succeeds, with pauses that grow and differ, so that two in conflict do not meet again."""
    now = asyncio.get_running_loop().time
    end = now() + deadline
    longest = _FIRST_PAUSE
    while True:
        try:
            return await once()
        except (*_AGAIN, TransactionFailed) as error:
            # A conflict that the work caught and swallowed is a conflict still.
            cause = error.__cause__ if isinstance(error, TransactionFailed) else error
            pause = random.uniform(0, longest)  # noqa: S311 - a pause is no secret
            if not isinstance(cause, _AGAIN) or now() + pause >= end:
                raise
        await asyncio.sleep(pause)
        longest = min(2 * longest, _LONGEST_PAUSE)
