"""Videos: status, visibility, lists, search and renditions.

`from hangar_dal import videos`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.row import PageSize
from hangar_dal.models.videos import Category, Language, SomeTags, VideoIds
from hangar_dal.models.videos import FoundVideo as FoundVideo
from hangar_dal.models.videos import NewVideo as NewVideo
from hangar_dal.models.videos import Rendition as Rendition
from hangar_dal.models.videos import RenditionOfVideo as RenditionOfVideo
from hangar_dal.models.videos import Video as Video
from hangar_dal.models.videos import VideoChanges as VideoChanges
from hangar_dal.models.videos import VideoDetails as VideoDetails
from hangar_dal.models.videos import VideoOwner as VideoOwner
from hangar_dal.models.videos import VideoStatus as VideoStatus
from hangar_dal.models.videos import VideoVisibility as VideoVisibility
from hangar_dal.query import RowCount, Stream
from hangar_dal.values import fold
from hangar_dal.words import search_words

query = COMMUNITY.query


class _Page(TypedDict):
    viewer_id: UUID | None
    language: Language | None
    category: Category | None
    after: Video | None
    limit: int


@query
async def insert_video(db: Executor, new: NewVideo) -> Video | None:
    """Store a video; None if its id is taken. Used by `create_video`."""
    ...


@query
async def insert_videos(db: Executor, rows: list[NewVideo]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_videos`."""
    ...


@query
async def get_video(db: Executor, video_id: UUID) -> Video:
    """Return the video with this id. Does not check who may see it."""
    ...


@query
async def find_visible_video(db: Executor, video_id: UUID, *, viewer_id: UUID | None) -> Video | None:
    """Return the video if this viewer may see it, otherwise None. `viewer_id=None` means not signed in.

    The owner sees all videos except removed ones. Others see published videos as `visibility` and blocks allow.
    """
    ...


@query
async def get_video_details(db: Executor, ids: VideoIds) -> list[VideoDetails]:
    """Return the videos with these ids, each once, ordered by id, with owner, renditions and views."""
    ...


@query
async def list_videos_of_owner(
    db: Executor, owner_id: UUID, *, status: VideoStatus | None = None, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """Return a page of all videos of an owner, newest first; `after` is the last video of the previous page."""
    ...


@query
async def list_visible_videos_of_owner(
    db: Executor, owner_id: UUID, *, viewer_id: UUID | None, after: Video | None = None, limit: PageSize = 50
) -> list[Video]:
    """Return a page of an owner's published videos that this viewer may see in lists, newest first."""
    ...


@query
async def list_newest_videos(
    db: Executor,
    *,
    viewer_id: UUID | None,
    language: Language | None,
    category: Category | None,
    after: Video | None,
    limit: PageSize,
) -> list[Video]:
    """Return a page of the public videos, newest first. Used by `list_public_videos`."""
    ...


@query
async def list_tagged_videos(
    db: Executor,
    *,
    all_tags: SomeTags | None,
    any_tags: SomeTags,
    viewer_id: UUID | None,
    language: Language | None,
    category: Category | None,
    after: Video | None,
    limit: PageSize,
) -> list[Video]:
    """Return a page of public videos with any of `any_tags` and all of `all_tags`. Used by `list_public_videos`."""
    ...


@query
async def find_rarest_tag(db: Executor, all_tags: SomeTags) -> str:
    """Return the tag with the fewest public videos. Tags of more than 500 videos count as equally frequent."""
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
    """Return a page of public videos with all words and a word starting with `prefix`. Used by `search_videos`."""
    ...


@query
def stream_videos(db: Executor, *, owner_id: UUID | None = None) -> Stream[Video]:
    """Stream all videos, or the videos of one owner, ordered by id, for an export."""
    ...


@query
async def update_video(db: Executor, video_id: UUID, **changes: Unpack[VideoChanges]) -> Video:
    """Change the given fields. Omitted fields stay as they are; None is stored as NULL."""
    ...


@query
async def publish_video(db: Executor, video_id: UUID, *, visibility: VideoVisibility) -> Video:
    """Publish a READY video, and set its visibility. A published video keeps its `published_at`.

    Raises `CheckViolation` in another status, and `NotFound` for a removed video: call `restore_video` first.
    """
    ...


@query
async def set_video_status(db: Executor, video_id: UUID, status: VideoStatus) -> Video:
    """Set a status other than REMOVED. Raises `TriggerViolation` if the current status does not allow the change."""
    ...


@query
async def remove_video(db: Executor, video_id: UUID) -> Video:
    """Hide a video from everybody until it is restored. Repeating the call changes nothing."""
    ...


@query
async def restore_video(db: Executor, video_id: UUID) -> Video:
    """Restore a removed video to its earlier status. Repeating the call changes nothing."""
    ...


@query
async def delete_video(db: Executor, video_id: UUID) -> RowCount:
    """Delete a video with its tags, renditions, views and counts; 0 if there is no such video."""
    ...


@query
async def move_videos(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give all videos of the owner `merged` to the owner `kept`."""
    ...


@query
async def lock_video(db: Executor, video_id: UUID) -> UUID:
    """Lock a video, so that other transactions cannot change it or its renditions; return its id."""
    ...


@query
async def list_renditions(db: Executor, video_id: UUID) -> list[Rendition]:
    """Return the renditions of a video, largest first."""
    ...


@query
def stream_renditions(db: Executor, owner_id: UUID) -> Stream[RenditionOfVideo]:
    """Stream the renditions of all videos of an owner, for an export."""
    ...


@query
async def delete_renditions(db: Executor, video_id: UUID) -> RowCount:
    """Delete the renditions of a video."""
    ...


@query
async def insert_renditions(db: Executor, rows: list[RenditionOfVideo]) -> RowCount:
    """Store renditions, except those that exist. Used by `replace_renditions` and `import_renditions`."""
    ...


def fold_tags(tags: Iterable[str]) -> list[str]:
    """Return the tags in their stored form: folded, without duplicates, with `-` between words."""
    return list(dict.fromkeys("-".join(fold("tag", tag).split()) for tag in tags))


async def create_video(db: Executor, new: NewVideo) -> Video:
    """Store a video. A repeated call returns the stored video. Raises `UniqueViolation` if another owner has the id."""
    if (video := await insert_video(db, new)) is not None:
        return video
    video = await get_video(db, new.id)
    if video.owner_id != new.owner_id:
        raise UniqueViolation("videos: another video has this id", constraint="videos_pkey")
    return video


async def import_videos(db: Executor, rows: Iterable[NewVideo], *, batch_size: int = 500) -> int:
    """Store videos in batches, all or none, except those whose id is taken; return how many were stored."""
    return sum(await store_in_batches(db, insert_videos, rows, batch_size))


async def list_public_videos(
    db: Executor,
    *,
    viewer_id: UUID | None = None,
    language: Language | None = None,
    category: Category | None = None,
    any_tags: SomeTags | None = None,
    all_tags: SomeTags | None = None,
    after: Video | None = None,
    limit: int = 50,
) -> list[Video]:
    """Return a page of the public videos, most recently published first, without those a block hides from the viewer.

    Each video has at least one of `any_tags` and all of `all_tags`. Both lists have at most 30 tags.
    """
    page = _Page(viewer_id=viewer_id, language=language, category=category, after=after, limit=limit)
    if all_tags and any_tags is None:
        any_tags = all_tags if len(all_tags) == 1 else [await find_rarest_tag(db, all_tags)]
    if any_tags is not None:
        return await list_tagged_videos(db, all_tags=all_tags, any_tags=any_tags, **page)
    return await list_newest_videos(db, **page)


async def search_videos(
    db: Executor,
    text: str,
    *,
    viewer_id: UUID | None = None,
    after: FoundVideo | None = None,
    limit: int = 50,
) -> list[FoundVideo]:
    """Return a page of the public videos with all words of the text in title, description or tags.

    The last word also matches as a prefix. Sorted by matches in the title, then most recently published. A text without
    a word finds nothing. `after` is the last video of the previous page.
    """
    *whole, last = search_words("text", text) or [""]
    if not last:
        return []
    return await search_videos_by_words(db, whole, last, viewer_id=viewer_id, after=after, limit=limit)


async def replace_renditions(db: Executor, video_id: UUID, renditions: list[Rendition]) -> list[Rendition]:
    """Replace all renditions of a video in one transaction. Raises `NotFound` if there is no such video."""
    async with atomic(db) as tx:
        await lock_video(tx, video_id)
        await delete_renditions(tx, video_id)
        await insert_renditions(tx, [RenditionOfVideo(video_id=video_id, **each.model_dump()) for each in renditions])
        return await list_renditions(tx, video_id)


async def import_renditions(db: Executor, rows: Iterable[RenditionOfVideo], *, batch_size: int = 500) -> int:
    """Store renditions in batches, all or none, except those that exist; return how many were stored."""
    return sum(
        await store_in_batches(db, insert_renditions, rows, batch_size, key=lambda each: (each.video_id, each.name))
    )
