"""Which errors mean "the same again may succeed", and how long to keep trying. Builds on `errors` alone."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from hangar_dal.errors import (
    ConnectionFailed,
    DatabaseBusy,
    StatementTimeout,
    TransactionConflict,
    TransactionFailed,
    raise_alone,
)

T = TypeVar("T")

# Nothing of the transaction was kept after any of these: a connection lost under COMMIT is `CommitUnknown`.
_AGAIN: Final = (TransactionConflict, DatabaseBusy, ConnectionFailed)
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 1.0


async def retried(once: Callable[[asyncio.Timeout], Awaitable[T]], deadline: float) -> T:
    """Call until it succeeds, with pauses that grow and differ, so that two in conflict do not meet again.

    After `deadline` seconds, `once` is cancelled, unless it has rescheduled the timeout that it is given.
    """
    now = asyncio.get_running_loop().time
    end = now() + deadline
    longest = _FIRST_PAUSE
    last: Exception = StatementTimeout(f"the transaction was not done within its deadline of {deadline:g} seconds")
    while True:
        limit = asyncio.timeout_at(end)
        try:
            async with limit:
                return await once(limit)
        except (*_AGAIN, TransactionFailed) as error:
            # A conflict that the work caught and swallowed is a conflict still.
            cause = error.__cause__ if isinstance(error, TransactionFailed) else error
            pause = random.uniform(0, longest)  # noqa: S311 - a pause is no secret
            if not isinstance(cause, _AGAIN) or now() + pause >= end:
                raise
            last = error.with_traceback(None)
        except TimeoutError:
            if not limit.expired():  # the work's own
                raise
            raise_alone(last)
        await asyncio.sleep(pause)
        longest = min(2 * longest, _LONGEST_PAUSE)
