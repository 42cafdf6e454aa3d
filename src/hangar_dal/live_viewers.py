"""Viewers of livestreams: who is there, how many at once, the peak, and the time that was watched.

`from hangar_dal import live_viewers`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.models.live_viewers import ViewedLivestream as ViewedLivestream
from hangar_dal.models.live_viewers import Viewer as Viewer
from hangar_dal.models.live_viewers import ViewerIds
from hangar_dal.models.live_viewers import ViewerTotals as ViewerTotals
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.videos import Category, Language
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = LIVESTREAMS.query

PRESENCE: Final = timedelta(seconds=45)
"""How long a viewer counts as present after a report. Players report every fifteen seconds."""


@query
async def touch_viewers(
    db: Executor, livestream_id: UUID, viewer_ids: ViewerIds, *, since: datetime, now: datetime | None = None
) -> RowCount:
    """Note that viewers are still there. For `report_viewers`."""
    ...


@query
async def insert_viewers_who_see(
    db: Executor, livestream_id: UUID, viewer_ids: ViewerIds, *, now: datetime | None = None
) -> RowCount:
    """Note the viewers that are new and may see the livestream. For `report_viewers`."""
    ...


@query
async def insert_viewers(db: Executor, rows: list[Viewer]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_viewers` makes the batches."""
    ...


@query
async def count_viewers_since(db: Executor, livestream_id: UUID, *, since: datetime) -> int:
    """How many have reported since an instant. It reads all viewers of the livestream; `count_viewers` calls it."""
    ...


@query
async def list_viewers(
    db: Executor, livestream_id: UUID, *, after: Viewer | None = None, limit: PageSize = 50
) -> list[Viewer]:
    """A page of those who have watched a livestream, by their id, until they are purged."""
    ...


@query
def stream_viewers_of_user(db: Executor, user_id: UUID) -> Stream[Viewer]:
    """What a user has watched, for an export."""
    ...


@query
async def sample_viewers_since(db: Executor, *, since: datetime) -> RowCount:
    """Count those who have reported since an instant, for `sample_viewers`."""
    ...


@query
async def get_viewer_totals(db: Executor, livestream_id: UUID) -> ViewerTotals:
    """How many watch and have watched a livestream, and for how long altogether."""
    ...


@query
async def list_most_viewed_livestreams(
    db: Executor,
    *,
    viewer_id: UUID | None = None,
    language: Language | None = None,
    category: Category | None = None,
    after: ViewedLivestream | None = None,
    limit: PageSize = 50,
) -> list[ViewedLivestream]:
    """A page of the public livestreams that are live, those with the most viewers at the last sample first."""
    ...


@query
async def delete_viewers_of_ended(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` viewers; `purge_viewers` goes on to the end."""
    ...


@query
async def close_viewer_counts(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` livestreams that are over and have no viewers left. For `purge_viewers`."""
    ...


async def report_viewers(db: Executor, livestream_id: UUID, viewer_ids: Sequence[UUID]) -> int:
    """Note that viewers are watching; returns how many of them may. Call it every fifteen seconds for each viewer.

    The time since the report before counts as watched, if it is at most `PRESENCE`. A report that comes twice counts
    once. Nobody is noted for a livestream that is not live. A server that knows many viewers reports them together.
    """
    now, wanted = db.now(), list(dict.fromkeys(viewer_ids))
    touched = await touch_viewers(db, livestream_id, wanted, since=now - PRESENCE, now=now)
    if touched == len(wanted):
        return touched
    return touched + await insert_viewers_who_see(db, livestream_id, wanted, now=now)


async def count_viewers(db: Executor, livestream_id: UUID) -> int:
    """How many are watching now, exactly. `get_viewer_totals` and lists have the last sample, which costs less."""
    return await count_viewers_since(db, livestream_id, since=db.now() - PRESENCE)


async def sample_viewers(db: Executor) -> int:
    """Count the viewers of all livestreams that are live, and keep the peaks; returns how many were counted.

    Call it every fifteen seconds or so, in a task of your own. It reads the viewers of what is live.
    """
    return await sample_viewers_since(db, since=db.now() - PRESENCE)


async def purge_viewers(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the viewers of livestreams that ended before an instant, in batches; returns how many.

    Their number and the time that they watched stay in one row for each livestream.
    """
    purged = await purge_in_batches(
        lambda: delete_viewers_of_ended(db, before=before, batch_size=batch_size), batch_size, None
    )
    await purge_in_batches(lambda: close_viewer_counts(db, before=before, batch_size=batch_size), batch_size, None)
    return purged


async def import_viewers(db: Executor, rows: Iterable[Viewer], *, batch_size: int = 500) -> int:
    """Store many viewers, one statement a batch, all or none; returns how many. Those that exist are left out."""
    once = batches(rows, batch_size, key=lambda row: (row.livestream_id, row.viewer_id))
    async with atomic(db) as tx:
        return sum([await insert_viewers(tx, batch) for batch in once])
