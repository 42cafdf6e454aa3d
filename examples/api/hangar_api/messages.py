"""Workers for the messages of the outbox: one for each topic."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from hangar_dal import Database, outbox
from hangar_dal.outbox import ClaimedMessage

logger = logging.getLogger("hangar_api")

# Longer than telling the followers of a few popular owners takes. A worker that dies leaves its messages this long.
_LEASE = timedelta(minutes=10)
_BATCH = 5


async def work(
    db: Database,
    topic: str,
    handle: Callable[[Database, ClaimedMessage], Awaitable[None]],
    *,
    poll: timedelta,
    stop: asyncio.Event,
) -> None:
    """Handle each message of a topic, until `stop` is set.

    A message that fails is tried again later, and given up after ten attempts. `outbox.list_dead_messages` has those.
    """
    async for batch in outbox.work(db, topic, batch_size=_BATCH, lease=_LEASE, poll=poll, stop=stop):
        for message in batch:
            try:
                await handle(db, message)
                await outbox.done(db, message)
            except Exception as error:
                reason = type(error).__name__  # the text may hold a value of the message
                logger.error("message %d of the outbox failed: %s", message.number, reason)  # noqa: TRY400
                await outbox.fail(db, message, reason)
