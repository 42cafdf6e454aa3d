"""Claim batches of work in a loop: immediately while there is work, else after a notification or a pause."""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final, TypeVar

from hangar_dal.database import Database, Gap
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.errors import ConnectionFailed, DatabaseBusy, InvalidValue, ListenNotSupported

T = TypeVar("T")

_log: Final = logging.getLogger("hangar_dal")
_LONGEST_PAUSE: Final = 30.0
LONGEST_RETRY_PAUSE: Final = timedelta(hours=1)


def pause_before_retry(attempts: int) -> timedelta:
    """Return the pause before a retry: one second, doubled with each attempt, up to one hour.

    Up to 25 % is subtracted at random, so that work that failed together is not retried together.
    """
    doubled = min(timedelta(seconds=2 ** min(attempts - 1, 20)), LONGEST_RETRY_PAUSE)
    return doubled * random.uniform(0.75, 1)  # noqa: S311 - a pause is no secret


async def claimed_batches(
    db: Database,
    claim: Callable[[], Awaitable[list[T]]],
    *,
    channel: str,
    payload: str,
    poll: timedelta,
    stop: asyncio.Event | None,
) -> AsyncGenerator[list[T]]:
    """Yield the non-empty lists that `claim` returns, until `stop` is set.

    After an empty list, waits for a notification with this payload, for `poll`, or for `stop`.
    """
    seconds = poll.total_seconds()
    if seconds <= 0:
        raise InvalidValue("poll: must be longer than 0 seconds")
    stopped = stop or asyncio.Event()
    woken = asyncio.Event()
    helpers = [spawn(_listen(db, channel, payload, woken, seconds)), spawn(_wake_at_end(stopped, woken))]
    failures = 0
    try:
        while not stopped.is_set():
            woken.clear()  # clear before the claim, so that work written during the claim wakes the worker
            try:
                batch = await claim()
                failures = 0
            except (ConnectionFailed, DatabaseBusy) as error:
                failures = min(failures + 1, 10)
                _log.warning("a worker could not claim work, and tries again: %s", error)
                batch = []
            if batch:
                yield batch
            else:
                await _wait(woken, min(seconds * 2**failures, max(seconds, _LONGEST_PAUSE)))
    finally:
        for helper in helpers:
            helper.cancel()
            await wait_through_cancellation(helper)


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    """Wait for `woken`, with a random timeout so that workers woken together do not poll together."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds * random.uniform(0.8, 1)):  # noqa: S311 - a pause is no secret
            await woken.wait()


async def _wake_at_end(stopped: asyncio.Event, woken: asyncio.Event) -> None:
    await stopped.wait()
    woken.set()


async def _listen(db: Database, channel: str, payload: str, woken: asyncio.Event, pause: float) -> None:
    """Set `woken` for each notification and after possibly missed ones. Polling continues if listening fails."""
    while True:
        try:
            async with db.listen(channel) as notifications:
                woken.set()  # work may have been written before the connection listened
                async for notification in notifications:
                    if isinstance(notification, Gap) or notification.payload == payload:
                        woken.set()
        except ListenNotSupported:
            return
        except ConnectionFailed as error:
            _log.warning("a worker cannot be woken by the database, and polls for work instead: %s", error)
        await asyncio.sleep(pause)
