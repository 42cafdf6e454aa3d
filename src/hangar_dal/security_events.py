"""Security events: an append-only record of what happened to accounts.

`from hangar_dal import security_events`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. The tables refuse changes: docs/accounts.md says which.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.security_events import NewSecurityEvent as NewSecurityEvent
from hangar_dal.models.security_events import RetentionDays
from hangar_dal.models.security_events import SecurityEvent as SecurityEvent
from hangar_dal.models.security_events import SecurityEventKind as SecurityEventKind
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = ACCOUNTS.query

# The database checks the retention period by its own clock, which may be behind that of the application.
_CLOCKS_DIFFER: Final = timedelta(hours=1)


@query
async def record_security_event(db: Executor, new: NewSecurityEvent) -> SecurityEvent:
    """Add an event. In the transaction of the change that it records, both are stored or neither is."""
    ...


@query
async def insert_security_events(db: Executor, rows: list[SecurityEvent]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_security_events` makes the batches."""
    ...


@query
async def list_security_events(
    db: Executor, *, user_id: UUID | None = None, after: SecurityEvent | None = None, limit: PageSize = 50
) -> list[SecurityEvent]:
    """A page of events, newest first, of one user if given; `after` is the last event of the page before."""
    ...


@query
def stream_security_events(db: Executor, user_id: UUID) -> Stream[SecurityEvent]:
    """The events of a user, and those that the user caused for others, oldest first."""
    ...


@query
async def clear_security_events(db: Executor, user_id: UUID) -> RowCount:
    """Remove source and user agent from the events of a user, and from those that the user caused for others."""
    ...


@query
async def get_security_event_retention(db: Executor) -> int:
    """The number of days for which the database keeps every event."""
    ...


@query
async def store_security_event_retention(db: Executor, *, days: RetentionDays) -> int:
    """Set for how many days the database keeps every event; returns them. Leaves no event."""
    ...


async def set_security_event_retention(db: Executor, *, days: RetentionDays, actor_id: UUID | None = None) -> int:
    """Set for how many days the database keeps every event, and record that; returns the days.

    `actor_id` is the administrator who does it, if there is one.
    """
    async with atomic(db) as tx:
        stored = await store_security_event_retention(tx, days=days)
        event = NewSecurityEvent(kind=SecurityEventKind.RETENTION_CHANGED, actor_id=actor_id)
        await record_security_event(tx, event)
    return stored


@query
async def delete_old_security_events(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` events from before an instant; `purge_security_events` goes on to the end.

    `TriggerViolation` if the retention period of one of them is not over; none is deleted then.
    """
    ...


async def purge_security_events(
    db: Database, *, batch_size: int = 500, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all events whose retention period ended more than an hour ago; returns how many.

    Each batch is a transaction of its own, so that no writer waits for long and what is done stays done;
    `progress` is called with the count so far.
    """
    before = db.now() - timedelta(days=await get_security_event_retention(db)) - _CLOCKS_DIFFER
    return await purge_in_batches(
        lambda: delete_old_security_events(db, before=before, batch_size=batch_size), batch_size, progress
    )


async def import_security_events(db: Executor, rows: Iterable[SecurityEvent], *, batch_size: int = 500) -> int:
    """Store many events, one statement a batch, all or none; returns how many. Those that exist are left out."""
    async with atomic(db) as tx:
        return sum(
            [await insert_security_events(tx, batch) for batch in batches(rows, batch_size, key=lambda event: event.id)]
        )
