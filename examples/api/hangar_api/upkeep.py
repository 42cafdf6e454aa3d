"""What the application does every few minutes: find what is viewed most, and delete what is no longer needed."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Final

from hangar_dal import Database, notifications, outbox, video_views

TREND_DAYS: Final = 7
_KEPT_MESSAGES = timedelta(days=30)


async def work(db: Database, *, seconds: float, stop: asyncio.Event) -> None:
    """At once, and then every `seconds` until `stop` is set."""
    while not stop.is_set():
        await video_views.refresh_trends(db, days=TREND_DAYS)
        await notifications.purge_notifications(db)
        await outbox.purge_messages(db, before=db.now() - _KEPT_MESSAGES)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
