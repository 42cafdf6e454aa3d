"""Views of videos: once per viewer and hour, exact counts, views per day, and what is viewed most.

`from hangar_dal import video_views`. Every function takes a `Database` or a `Transaction` first, opened with
`COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from hangar_dal.batching import batches
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
    """Count a view, once per viewer and hour; 0 if it was counted already, or the viewer may not see the video."""
    ...


@query
async def insert_views(db: Executor, rows: list[View]) -> RowCount:
    """Store many in one statement, leaving out those that exist; `import_views` makes the batches."""
    ...


@query
async def count_views(db: Executor, video_id: UUID) -> int:
    """How often a video was viewed."""
    ...


@query
async def list_views_by_day(db: Executor, video_id: UUID, *, since: date, until: date) -> list[ViewsOfDay]:
    """How often a video was viewed on each day in UTC, both days included. A day without views is left out."""
    ...


@query
def stream_views(db: Executor, viewer_id: UUID) -> Stream[View]:
    """What a user has viewed, the oldest first, as far as it was not purged."""
    ...


@query
async def delete_old_views(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` views; `purge_views` goes on to the end."""
    ...


@query
async def delete_trends(db: Executor, *, days: TrendDays) -> RowCount:
    """Delete what was viewed most in so many days; `refresh_trends` replaces it."""
    ...


@query
async def insert_trends(db: Executor, *, days: TrendDays, since: date, size: TrendSize) -> RowCount:
    """Store what was viewed most since a day; `refresh_trends` replaces what was stored before."""
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
    """A page of the public videos that were viewed most in the last days, as of the last `refresh_trends`."""
    ...


async def refresh_trends(db: Executor, *, days: int = 7, size: int = 1000) -> int:
    """Find what was viewed most in the last days, today included, for `list_trending_videos`. Returns how many.

    It reads the counts of all these days: call it every few minutes, not for each request. Readers see the list before
    or the new one. Each number of days has a list of its own.
    """
    async with atomic(db) as tx:
        await delete_trends(tx, days=days)
        since = tx.now().date() - timedelta(days=days - 1)
        return await insert_trends(tx, days=days, since=since, size=size)


async def purge_views(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the views of the hours before an instant, in batches; the counts stay. Returns how many."""
    return await purge_in_batches(lambda: delete_old_views(db, before=before, batch_size=batch_size), batch_size, None)


async def import_views(db: Executor, rows: Iterable[View], *, batch_size: int = 500) -> int:
    """Store many views and count them, one statement a batch, all or none; returns how many are new."""
    once = batches(rows, batch_size, key=lambda view: (view.video_id, view.viewer_id, view.hour))
    async with atomic(db) as tx:
        return sum([await insert_views(tx, batch) for batch in once])
