"""Reminders of livestreams that users have set, and which of them are due.

`from hangar_dal import livestream_reminders`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`. `streaming.queue_reminders` writes due reminders to the outbox.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor
from hangar_dal.models.livestream_reminders import Reminder as Reminder
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query


@query
async def set_reminder(db: Executor, livestream_id: UUID, *, user_id: UUID) -> RowCount:
    """Set a reminder of a scheduled livestream that the user may see; 0 if it is not, or if the reminder exists."""
    ...


@query
async def insert_reminders(db: Executor, rows: list[Reminder]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_reminders`."""
    ...


@query
async def cancel_reminder(db: Executor, livestream_id: UUID, *, user_id: UUID) -> RowCount:
    """Delete a reminder; 0 if there is none or it was written to the outbox."""
    ...


@query
async def list_reminders(
    db: Executor, user_id: UUID, *, after: Reminder | None = None, limit: PageSize = 50
) -> list[Reminder]:
    """Return a page of the reminders of a user, including past ones, most recently set first."""
    ...


@query
def stream_reminders(db: Executor, user_id: UUID) -> Stream[Reminder]:
    """Stream the reminders of a user, including past ones, for an export."""
    ...


@query
async def list_due_reminders(db: Executor, *, since: datetime, before: datetime, limit: BatchSize) -> list[Reminder]:
    """Return unsent reminders of livestreams that began after `since` or will begin before `before`.

    The rows are locked. Rows that another transaction has locked are skipped.
    """
    ...


@query
async def mark_reminders_queued(db: Executor, rows: list[Reminder]) -> RowCount:
    """Record that reminders were written to the outbox. Used by `streaming.queue_reminders`."""
    ...


@query
async def move_reminders(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reminders of the user `merged` to `kept`, except for livestreams of which `kept` has one."""
    ...


async def import_reminders(db: Executor, rows: Iterable[Reminder], *, batch_size: int = 500) -> int:
    """Store reminders in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(db, insert_reminders, rows, batch_size, key=lambda row: (row.livestream_id, row.user_id))
    )
