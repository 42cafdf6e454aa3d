"""What the application does again and again: count what changes, end what is over, delete what is no longer needed."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Final

from hangar_dal import (
    Database,
    ad_reports,
    ad_serving,
    campaigns,
    idempotency_keys,
    ledger,
    live_chat,
    live_viewers,
    notifications,
    outbox,
    streaming,
    video_views,
    webhook_events,
)
from hangar_dal.commerce import billing
from hangar_dal.commerce.billing import InvoiceTerms

TREND_DAYS: Final = 7
SAMPLE_SECONDS: Final = 15
REMIND_SECONDS: Final = 60
_KEPT_MESSAGES = timedelta(days=30)
_KEPT_VIEWERS = timedelta(days=1)
_KEPT_IMPRESSIONS = timedelta(days=60)


async def tidy(db: Database, terms: InvoiceTerms) -> None:
    now = db.now()
    await video_views.refresh_trends(db, days=TREND_DAYS)
    await notifications.purge_notifications(db)
    await outbox.purge_messages(db, before=now - _KEPT_MESSAGES)
    await live_viewers.purge_viewers(db, before=now - _KEPT_VIEWERS)
    await live_chat.purge_bans(db)
    await ledger.expire_holds(db)
    await campaigns.end_campaigns(db)
    await ad_serving.release_expired(db)
    while await ad_serving.leave_out_spent(db):
        pass
    await ad_serving.purge_viewer_days(db, before=now.date())
    await ad_reports.roll_up(db)
    await ad_reports.purge_impressions(db, before=now - _KEPT_IMPRESSIONS)
    await idempotency_keys.purge_expired_keys(db)
    await webhook_events.purge_events(db, before=now - _KEPT_MESSAGES)
    # At the end: a subscription that cannot be renewed must not keep the rest from being done.
    while await billing.renew_due(db, terms):
        pass


async def sample(db: Database) -> None:
    """The viewers of what is live."""
    await live_viewers.sample_viewers(db)


async def remind(db: Database) -> None:
    """Give the reminders that are due to the outbox, for the worker of `reminding`."""
    while await streaming.queue_reminders(db):
        pass


async def again(work: Callable[[], Awaitable[None]], *, seconds: float, stop: asyncio.Event) -> None:
    """At once, and then every `seconds` until `stop` is set."""
    while not stop.is_set():
        await work()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
