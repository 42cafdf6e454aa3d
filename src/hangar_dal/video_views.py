"""Video views: one per viewer and hour, exact counts, views per day, and the most viewed videos.

`from hangar_dal import video_views`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.video_views import TrendDays, TrendSize
from hangar_dal.models.video_views import TrendingVideo as TrendingVideo
from hangar_dal.models.video_views import View as View
from hangar_dal.models.video_views import ViewsOfDay as ViewsOfDay
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query


@query
async def record_view(db: Executor, video_id: UUID, *, viewer_id: UUID) -> RowCount:
    """Count a view, once per viewer and hour.

    Returns 0 if it was counted before or the viewer may not see the video.
    """
    ...


@query
async def insert_views(db: Executor, rows: list[View]) -> RowCount:
    """Store rows in one statement, except those that exist. Used by `import_views`."""
    ...


@query
async def count_views(db: Executor, video_id: UUID) -> int:
    """Return the number of views of a video."""
    ...


@query
async def list_views_by_day(db: Executor, video_id: UUID, *, since: date, until: date) -> list[ViewsOfDay]:
    """Return the views of a video per day (UTC), from `since` to `until` inclusive. Days without views are omitted."""
    ...


@query
def stream_views(db: Executor, viewer_id: UUID) -> Stream[View]:
    """Stream the views of a user that were not purged, oldest first."""
    ...


@query
async def delete_old_views(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` views from before an instant. `purge_views` deletes all of them."""
    ...


@query
async def delete_trends(db: Executor, *, days: TrendDays) -> RowCount:
    """Delete the stored list of the most viewed videos for this number of days. Used by `refresh_trends`."""
    ...


@query
async def insert_trends(db: Executor, *, days: TrendDays, since: date, size: TrendSize) -> RowCount:
    """Store the list of the most viewed videos since a day. Used by `refresh_trends`."""
    ...


@query
async def list_trending_videos(
    db: Executor,
    *,
    days: TrendDays = 7,
    viewer_id: UUID | None = None,
    after: TrendingVideo | None = None,
    limit: PageSize = 50,
) -> list[TrendingVideo]:
    """Return a page of the most viewed public videos of the last `days` days, as of the last `refresh_trends`."""
    ...


async def refresh_trends(db: Executor, *, days: int = 7, size: int = 1000) -> int:
    """Compute the most viewed videos of the last `days` days, including today; return how many were stored.

    `list_trending_videos` reads the result. The call reads the counts of all these days: call it every few minutes, not
    for each request. Readers see either the old or the new list. Each value of `days` has its own list.
    """
    async with atomic(db) as tx:
        await delete_trends(tx, days=days)
        since = tx.now().date() - timedelta(days=days - 1)
        return await insert_trends(tx, days=days, since=since, size=size)


async def purge_views(db: Database, *, before: datetime, batch_size: int | None = None) -> int:
    """Delete the views from hours before an instant, in batches; return how many. The counts stay."""
    return await purge_in_batches(lambda size: delete_old_views(db, before=before, batch_size=size), batch_size, None)


async def import_views(db: Executor, rows: Iterable[View], *, batch_size: int = 500) -> int:
    """Store and count views in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(
            db, insert_views, rows, batch_size, key=lambda view: (view.video_id, view.viewer_id, view.hour)
        )
    )
