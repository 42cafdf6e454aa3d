"""Reminders of livestreams: who wants one, and which of them are due.

`from hangar_dal import livestream_reminders`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`. `streaming.queue_reminders` gives those that are due to the outbox.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Executor, atomic
from hangar_dal.models.livestream_reminders import Reminder as Reminder
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query


@query
async def set_reminder(db: Executor, livestream_id: UUID, *, user_id: UUID) -> RowCount:
    """Remind a user of a livestream that is announced and that the user may see; 0 if not, or if it is set already."""
    ...


@query
async def insert_reminders(db: Executor, rows: list[Reminder]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_reminders` makes the batches."""
    ...


@query
async def cancel_reminder(db: Executor, livestream_id: UUID, *, user_id: UUID) -> RowCount:
    """Do not remind a user; 0 if there is no reminder, or if it was given to the outbox."""
    ...


@query
async def list_reminders(
    db: Executor, user_id: UUID, *, after: Reminder | None = None, limit: PageSize = 50
) -> list[Reminder]:
    """A page of what a user wants or wanted to be reminded of, the last set first."""
    ...


@query
def stream_reminders(db: Executor, user_id: UUID) -> Stream[Reminder]:
    """What a user wants or wanted to be reminded of, for an export."""
    ...


@query
async def list_due_reminders(db: Executor, *, since: datetime, before: datetime, limit: BatchSize) -> list[Reminder]:
    """Reminders of what began since an instant, or begins before another, that were not given to the outbox.

    They are locked. Those that another transaction has locked are left out.
    """
    ...


@query
async def mark_reminders_queued(db: Executor, rows: list[Reminder]) -> RowCount:
    """Note that reminders were given to the outbox. For `streaming.queue_reminders`."""
    ...


@query
async def move_reminders(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the reminders of one user to another, as far as the other has none of the same livestream."""
    ...


async def import_reminders(db: Executor, rows: Iterable[Reminder], *, batch_size: int = 500) -> int:
    """Store many reminders, one statement a batch, all or none; returns how many were new."""
    once = batches(rows, batch_size, key=lambda row: (row.livestream_id, row.user_id))
    async with atomic(db) as tx:
        return sum([await insert_reminders(tx, batch) for batch in once])
