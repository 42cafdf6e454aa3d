"""Videos: their states, who may see them, lists, search, renditions and views.

`from hangar_dal import videos`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from typing import Annotated
from uuid import UUID

from pydantic import Field
from typing_extensions import Unpack

from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Database, Executor, atomic
from hangar_dal.errors import InvalidValue, UniqueViolation
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.models.videos import Category, Language, Tag
from hangar_dal.models.videos import FoundVideo as FoundVideo
from hangar_dal.models.videos import NewVideo as NewVideo
from hangar_dal.models.videos import Rendition as Rendition
from hangar_dal.models.videos import TrendingVideo as TrendingVideo
from hangar_dal.models.videos import Video as Video
from hangar_dal.models.videos import VideoChanges as VideoChanges
from hangar_dal.models.videos import VideoDetails as VideoDetails
from hangar_dal.models.videos import VideoOwner as VideoOwner
from hangar_dal.models.videos import VideoStatus as VideoStatus
from hangar_dal.models.videos import VideoVisibility as VideoVisibility
from hangar_dal.models.videos import ViewsOfDay as ViewsOfDay
from hangar_dal.purging import purge_in_batches
from hangar_dal.query import RowCount, Stream
from hangar_dal.values import fold
from hangar_dal.words import search_words

query = COMMUNITY.query

Ids = Annotated[list[UUID], Field(max_length=1000)]


@query
async def insert_video(db: Executor, new: NewVideo) -> Video | None:
    """Store a video; None if its id is taken. `create_video` says what to do then."""
    ...


@query
async def insert_videos(db: Executor, rows: list[NewVideo]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_videos` makes the batches."""
    ...


@query
async def get_video(db: Executor, video_id: UUID) -> Video:
    """The video with this id, whoever may see it."""
    ...


@query
async def find_visible_video(db: Executor, video_id: UUID, *, viewer_id: UUID | None) -> Video | None:
    """The video if this viewer may see it; None stands for somebody who is not signed in.

    The owner sees every video but a removed one. Others see published videos, unless one has blocked the other.
    """
    ...


@query
async def get_video_details(db: Executor, ids: Ids) -> list[VideoDetails]:
    """The videos with these ids, each once, in the order of the ids, with owner, renditions and views."""
    ...


@query
async def list_videos_of_owner(
    db: Executor,
    owner_id: UUID,
    *,
    status: VideoStatus | None = None,
    after: Video | None = None,
    limit: PageSize = 50,
) -> list[Video]:
    """A page of an owner's videos, newest first, for the owner; `after` is the last of the page before."""
    ...


@query
async def list_visible_videos_of_owner(
    db: Executor, owner_id: UUID, *, viewer_id: UUID | None, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """A page of an owner's published videos that this viewer sees in lists, newest first."""
    ...


@query
async def list_public_videos(
    db: Executor,
    *,
    viewer_id: UUID | None = None,
    language: Language | None = None,
    category: Category | None = None,
    any_tags: list[Tag] | None = None,
    all_tags: list[Tag] | None = None,
    after: Video | None = None,
    limit: PageSize = 50,
) -> list[Video]:
    """A page of the public videos, the last published first, without those of users whom a block hides from the viewer.

    A video has at least one of `any_tags`, and each of `all_tags`.
    """
    ...


@query
async def search_videos_by_words(
    db: Executor,
    words: list[str],
    prefix: str,
    *,
    viewer_id: UUID | None = None,
    after: FoundVideo | None = None,
    limit: PageSize = 50,
) -> list[FoundVideo]:
    """The public videos with all words and a word that begins with the prefix; `search_videos` makes the words."""
    ...


@query
async def list_trending_videos(
    db: Executor, *, since: date, viewer_id: UUID | None = None, limit: PageSize = 50
) -> list[TrendingVideo]:
    """The public videos that were viewed most since this day in UTC, most views first."""
    ...


@query
def stream_videos(db: Executor) -> Stream[Video]:
    """All videos, by id, for an export."""
    ...


@query
async def update_video(db: Executor, video_id: UUID, **changes: Unpack[VideoChanges]) -> Video:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL."""
    ...


@query
async def publish_video(db: Executor, video_id: UUID, *, visibility: VideoVisibility) -> Video:
    """Publish a READY video. A video that is published keeps its instant; `CheckViolation` in another status."""
    ...


@query
async def set_video_status(db: Executor, video_id: UUID, status: VideoStatus) -> Video:
    """Go to another status; `TriggerViolation` if the status it has does not allow that. Not for REMOVED."""
    ...


@query
async def remove_video(db: Executor, video_id: UUID) -> Video:
    """Hide a video from everybody until it is restored. Repeating it changes nothing."""
    ...


@query
async def restore_video(db: Executor, video_id: UUID) -> Video:
    """Give a removed video the status back that it had. Repeating it changes nothing."""
    ...


@query
async def delete_video(db: Executor, video_id: UUID) -> RowCount:
    """Delete a video with its tags, renditions, views and counts; 0 if there is no such video."""
    ...


@query
async def lock_video(db: Executor, video_id: UUID) -> UUID:
    """Keep other transactions from changing this video or its renditions."""
    ...


@query
async def list_renditions(db: Executor, video_id: UUID) -> list[Rendition]:
    """The renditions of a video, the largest first."""
    ...


@query
async def delete_renditions(db: Executor, video_id: UUID) -> RowCount:
    """Delete the renditions of a video."""
    ...


@query
async def insert_renditions(db: Executor, video_id: UUID, rows: list[Rendition]) -> RowCount:
    """Add renditions to a video; `replace_renditions` replaces all of them."""
    ...


@query
async def record_view(db: Executor, video_id: UUID, *, viewer_id: UUID) -> RowCount:
    """Count a view, once per viewer and hour; 0 if it was counted already."""
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
async def delete_old_views(db: Executor, *, before: datetime, batch_size: BatchSize) -> RowCount:
    """Delete up to `batch_size` views; `purge_views` goes on to the end."""
    ...


def fold_tags(tags: Iterable[str]) -> list[str]:
    """The tags as they are stored: folded, each once, with `-` between words."""
    return list(dict.fromkeys("-".join(fold("tag", tag).split()) for tag in tags))


async def create_video(db: Executor, new: NewVideo) -> Video:
    """Store a video. Repeating it with the same id returns the video; `UniqueViolation` if another owner has the id."""
    if (video := await insert_video(db, new)) is not None:
        return video
    video = await get_video(db, new.id)
    if video.owner_id != new.owner_id:
        raise UniqueViolation("videos: another video has this id", constraint="videos_pkey")
    return video


async def import_videos(db: Executor, rows: Iterable[NewVideo], *, batch_size: int = 500) -> int:
    """Store many videos, one statement a batch, all or none; returns how many. Ids that are taken are left out."""
    if type(batch_size) is not int or batch_size < 1:
        raise InvalidValue("batch_size: must be an int of at least 1")
    remaining, imported = iter(rows), 0
    async with atomic(db) as tx:
        while batch := list(islice(remaining, batch_size)):
            imported += await insert_videos(tx, batch)
    return imported


async def search_videos(
    db: Executor,
    text: str,
    *,
    viewer_id: UUID | None = None,
    after: FoundVideo | None = None,
    limit: int = 50,
) -> list[FoundVideo]:
    """A page of the public videos that have all words of the text in title, description or tags.

    The last word may be the beginning of one. More matches in the title come first, then the last published. A text
    without a word finds nothing. `after` is the last of the page before.
    """
    *whole, last = search_words("text", text) or [""]
    if not last:
        return []
    return await search_videos_by_words(db, whole, last, viewer_id=viewer_id, after=after, limit=limit)


async def replace_renditions(db: Executor, video_id: UUID, renditions: list[Rendition]) -> list[Rendition]:
    """Replace all renditions of a video by these, or none; `NotFound` if there is no such video."""
    async with atomic(db) as tx:
        await lock_video(tx, video_id)
        await delete_renditions(tx, video_id)
        await insert_renditions(tx, video_id, renditions)
        return await list_renditions(tx, video_id)


async def purge_views(db: Database, *, before: datetime, batch_size: int = 500) -> int:
    """Delete the views of the hours before an instant, in batches; the counts stay. Returns how many."""
    return await purge_in_batches(lambda: delete_old_views(db, before=before, batch_size=batch_size), batch_size, None)
