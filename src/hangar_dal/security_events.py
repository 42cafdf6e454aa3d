"""Security events: an append-only log of what happened to accounts.

`from hangar_dal import security_events`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. The database rejects most changes to the table; see docs/accounts.md.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Database, Executor, atomic, time_of
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.security_events import NewSecurityEvent as NewSecurityEvent
from hangar_dal.models.security_events import RetentionDays
from hangar_dal.models.security_events import SecurityEvent as SecurityEvent
from hangar_dal.models.security_events import SecurityEventKind as SecurityEventKind
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = ACCOUNTS.query

# The database checks the retention period by its own clock, which may be behind the application's clock.
_CLOCKS_DIFFER: Final = timedelta(hours=1)


@query
async def record_security_event(db: Executor, new: NewSecurityEvent) -> SecurityEvent:
    """Store an event. Call it in the transaction of the change that it records, so that both are stored or neither."""
    ...


@query
async def insert_security_events(db: Executor, rows: list[SecurityEvent]) -> RowCount:
    """Store events in one statement, except those whose id is taken. Used by `import_security_events`."""
    ...


@query
async def list_security_events(
    db: Executor, *, user_id: UUID | None = None, after: SecurityEvent | None = None, limit: PageSize = 50
) -> list[SecurityEvent]:
    """Return a page of events, of one user if given, newest first; `after` is the last event of the previous page."""
    ...


@query
def stream_security_events(db: Executor, user_id: UUID) -> Stream[SecurityEvent]:
    """Stream the events of a user and the events that the user caused for others, oldest first."""
    ...


@query
async def clear_security_events(db: Executor, user_id: UUID) -> RowCount:
    """Remove source and user agent from the events of a user and from the events that the user caused for others."""
    ...


@query
async def get_security_event_retention(db: Executor) -> int:
    """Return the number of days for which the database keeps every event."""
    ...


@query
async def store_security_event_retention(db: Executor, *, days: RetentionDays) -> int:
    """Set the number of days for which the database keeps every event, and return it. Records no event."""
    ...


async def set_security_event_retention(db: Executor, *, days: RetentionDays, actor_id: UUID | None = None) -> int:
    """Set the number of days for which the database keeps every event, record an event, and return the days.

    `actor_id` is the administrator who changes the period, if there is one.
    """
    async with atomic(db) as tx:
        stored = await store_security_event_retention(tx, days=days)
        event = NewSecurityEvent(kind=SecurityEventKind.RETENTION_CHANGED, actor_id=actor_id)
        await record_security_event(tx, event)
    return stored


@query
async def delete_old_security_events(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` events from before an instant. `purge_security_events` deletes all of them.

    Raises `TriggerViolation` and deletes nothing if the retention period of one of them is not over.
    """
    ...


async def purge_security_events(
    db: Database, *, batch_size: int | None = None, progress: Callable[[int], None] | None = None
) -> int:
    """Delete all events whose retention period ended more than an hour ago, and return how many.

    Each batch is its own transaction, so other writers do not wait long, and after an error the finished batches stay
    deleted. After each batch, `progress` is called with the number of rows deleted so far.
    """
    before = time_of(db) - timedelta(days=await get_security_event_retention(db)) - _CLOCKS_DIFFER
    return await purge_in_batches(
        lambda size: delete_old_security_events(db, before=before, batch_size=size), batch_size, progress
    )


async def import_security_events(db: Executor, rows: Iterable[SecurityEvent], *, batch_size: int = 500) -> int:
    """Store events in batches, all or none, except those that exist; return how many were stored."""
    return sum(await store_in_batches(db, insert_security_events, rows, batch_size, key=lambda event: event.id))
