"""Run a transaction again after an error that may be temporary, until a deadline."""

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

# After each of these errors, nothing was committed. A connection that is lost during COMMIT raises `CommitUnknown`.
_AGAIN: Final = (TransactionConflict, DatabaseBusy, ConnectionFailed)
_FIRST_PAUSE: Final = 0.01
_LONGEST_PAUSE: Final = 1.0


async def retried(once: Callable[[asyncio.Timeout], Awaitable[T]], deadline: float) -> T:
    """Call `once` until it succeeds, and return its result.

    Between the calls there are random, growing pauses, so that two transactions do not conflict again. After `deadline`
    seconds, `once` is cancelled, unless it has rescheduled the timeout that it gets as argument.
    """
    now = asyncio.get_running_loop().time
    end = now() + deadline
    longest = _FIRST_PAUSE
    last: Exception = StatementTimeout(f"the transaction did not finish within its deadline of {deadline:g} seconds")
    while True:
        limit = asyncio.timeout_at(end)
        try:
            async with limit:
                return await once(limit)
        except (*_AGAIN, TransactionFailed) as error:
            # If the work caught and ignored a conflict, the transaction fails, but it can still be run again.
            cause = error.__cause__ if isinstance(error, TransactionFailed) else error
            pause = random.uniform(0, longest)  # noqa: S311 - a pause is no secret
            if not isinstance(cause, _AGAIN) or now() + pause >= end:
                raise
            last = error.with_traceback(None)
        except TimeoutError:
            if not limit.expired():  # raised by the work itself
                raise
            raise_alone(last)
        await asyncio.sleep(pause)
        longest = min(2 * longest, _LONGEST_PAUSE)
