"""Livestream viewers: who is present, how many at once, the peak, and the watch time.

`from hangar_dal import live_viewers`. Every function takes a `Database` or a `Transaction` first, opened with
`LIVESTREAMS`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import LIVESTREAMS
from hangar_dal.database import Database, Executor, time_of
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
    """Record that known viewers are still present. Used by `report_viewers`."""
    ...


@query
async def insert_viewers_who_see(
    db: Executor, livestream_id: UUID, viewer_ids: ViewerIds, *, now: datetime | None = None
) -> RowCount:
    """Record new viewers who may see the livestream. Used by `report_viewers`."""
    ...


@query
async def insert_viewers(db: Executor, rows: list[Viewer]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_viewers`."""
    ...


@query
async def count_viewers_since(db: Executor, livestream_id: UUID, *, since: datetime) -> int:
    """Return the number of viewers with a report since an instant. Reads all viewers. Used by `count_viewers`."""
    ...


@query
async def list_viewers(
    db: Executor, livestream_id: UUID, *, after: Viewer | None = None, limit: PageSize = 50
) -> list[Viewer]:
    """Return a page of the viewers of a livestream that were not purged, ordered by id."""
    ...


@query
def stream_viewers_of_user(db: Executor, user_id: UUID) -> Stream[Viewer]:
    """Stream the livestreams that a user has watched, for an export."""
    ...


@query
async def sample_viewers_since(db: Executor, *, since: datetime) -> RowCount:
    """Store the number of viewers with a report since an instant, per livestream. Used by `sample_viewers`."""
    ...


@query
async def get_viewer_totals(db: Executor, livestream_id: UUID) -> ViewerTotals:
    """Return the current and total number of viewers of a livestream, and their total watch time."""
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
    """Return a page of the public live livestreams, most viewers at the last sample first."""
    ...


@query
async def delete_viewers_of_ended(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` viewers of ended livestreams. `purge_viewers` deletes all of them."""
    ...


@query
async def close_viewer_counts(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Mark up to `batch_size` ended livestreams without viewer rows as closed. Used by `purge_viewers`."""
    ...


async def report_viewers(db: Executor, livestream_id: UUID, viewer_ids: Sequence[UUID]) -> int:
    """Record that viewers are watching; return how many were recorded. Call it every 15 seconds for each viewer.

    The time since the previous report counts as watched if it is at most `PRESENCE`. A duplicate report counts once.
    Viewers are recorded only while the livestream is live and if they may see it. A server with many viewers can report
    them in one call.
    """
    now, wanted = time_of(db), list(dict.fromkeys(viewer_ids))
    touched = await touch_viewers(db, livestream_id, wanted, since=now - PRESENCE, now=now)
    if touched == len(wanted):
        return touched
    return touched + await insert_viewers_who_see(db, livestream_id, wanted, now=now)


async def count_viewers(db: Executor, livestream_id: UUID) -> int:
    """Return the exact number of current viewers.

    `get_viewer_totals` and lists use the last sample, which is cheaper.
    """
    return await count_viewers_since(db, livestream_id, since=time_of(db) - PRESENCE)


async def sample_viewers(db: Executor) -> int:
    """Count the viewers of all live livestreams and update the peaks; return how many livestreams were counted.

    Call it about every 15 seconds in a background task. It reads the viewers of all live livestreams.
    """
    return await sample_viewers_since(db, since=time_of(db) - PRESENCE)


async def purge_viewers(db: Database, *, before: datetime, batch_size: int | None = None) -> int:
    """Delete the viewers of livestreams that ended before an instant, in batches; return how many.

    Their number and total watch time stay in one row per livestream.
    """
    purged = await purge_in_batches(
        lambda size: delete_viewers_of_ended(db, before=before, batch_size=size), batch_size, None
    )
    await purge_in_batches(lambda size: close_viewer_counts(db, before=before, batch_size=size), batch_size, None)
    return purged


async def import_viewers(db: Executor, rows: Iterable[Viewer], *, batch_size: int = 500) -> int:
    """Store viewers in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(db, insert_viewers, rows, batch_size, key=lambda row: (row.livestream_id, row.viewer_id))
    )
