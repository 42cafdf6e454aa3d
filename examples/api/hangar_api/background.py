"""What runs besides the requests, from the start of the application to its end."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial

from hangar_api import messages, payment_events, publishing, reminding, upkeep
from hangar_api.settings import ApiSettings
from hangar_dal import Database, streaming
from hangar_dal.errors import HangarError

logger = logging.getLogger("hangar_api")

_PAUSE_SECONDS = 5


@asynccontextmanager
async def running(db: Database, settings: ApiSettings) -> AsyncIterator[None]:
    """At the end, each worker finishes what it has begun."""
    stop = asyncio.Event()
    poll = timedelta(seconds=settings.poll_seconds)
    works = (
        partial(messages.work, db, publishing.TOPIC, publishing.tell_followers, poll=poll, stop=stop),
        partial(messages.work, db, streaming.REMINDERS, reminding.remind, poll=poll, stop=stop),
        *(partial(payment_events.work, db, name, poll=poll, stop=stop) for name in settings.webhook_secrets),
        partial(
            upkeep.again, partial(upkeep.tidy, db, settings.invoice_terms), seconds=settings.upkeep_seconds, stop=stop
        ),
        partial(upkeep.again, partial(upkeep.sample, db), seconds=upkeep.SAMPLE_SECONDS, stop=stop),
        partial(upkeep.again, partial(upkeep.remind, db), seconds=upkeep.REMIND_SECONDS, stop=stop),
    )
    tasks = [asyncio.create_task(keep_up(work, stop)) for work in works if settings.workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.gather(*tasks)


async def keep_up(work: Callable[[], Awaitable[None]], stop: asyncio.Event, *, pause: float = _PAUSE_SECONDS) -> None:
    """Begin again after an error of the database, such as a restart of its server."""
    while not stop.is_set():
        try:
            await work()
        except HangarError as error:
            # The package's messages hold no row's values and no secrets.
            logger.error("work in the background begins again: %s: %s", type(error).__name__, error)  # noqa: TRY400
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await stop.wait()
