"""Videos: their states, who may see them, lists, search and renditions.

`from hangar_dal import videos`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.batching import batches
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
    """Store a video; None if its id is taken. `create_video` says what to do then."""
    ...


@query
async def insert_videos(db: Executor, rows: list[NewVideo]) -> RowCount:
    """Store many in one statement, leaving out ids that are taken; `import_videos` makes the batches."""
    ...


@query
async def get_video(db: Executor, video_id: UUID) -> Video:
    """The video with this id. It does not ask who may see it."""
    ...


@query
async def find_visible_video(db: Executor, video_id: UUID, *, viewer_id: UUID | None) -> Video | None:
    """The video if this viewer may see it; None stands for somebody who is not signed in.

    The owner sees every video but a removed one. Others see published videos, unless one has blocked the other.
    """
    ...


@query
async def get_video_details(db: Executor, ids: VideoIds) -> list[VideoDetails]:
    """The videos with these ids, each once, ordered by id, with owner, renditions and views."""
    ...


@query
async def list_videos_of_owner(
    db: Executor, owner_id: UUID, *, status: VideoStatus | None = None, after: Video | None = None, limit: PageSize = 50
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
async def list_newest_videos(
    db: Executor,
    *,
    viewer_id: UUID | None,
    language: Language | None,
    category: Category | None,
    after: Video | None,
    limit: PageSize,
) -> list[Video]:
    """The public videos with or without tags; call `list_public_videos`."""
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
    """The public videos with at least one of `any_tags` and with each of `all_tags`; call `list_public_videos`."""
    ...


@query
async def find_rarest_tag(db: Executor, all_tags: SomeTags) -> str:
    """The tag that the fewest public videos have; all tags of more than 500 videos count as equal."""
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
def stream_videos(db: Executor, *, owner_id: UUID | None = None) -> Stream[Video]:
    """All videos, or those of one owner, by id, for an export."""
    ...


@query
async def update_video(db: Executor, video_id: UUID, **changes: Unpack[VideoChanges]) -> Video:
    """Change the fields that are given: a field left out stays, a field set to None becomes NULL."""
    ...


@query
async def publish_video(db: Executor, video_id: UUID, *, visibility: VideoVisibility) -> Video:
    """Publish a READY video; one that is published keeps its instant.

    `CheckViolation` in another status, `NotFound` for a removed video: `restore_video` comes first.
    """
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
async def move_videos(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give all videos of one owner to another."""
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
def stream_renditions(db: Executor, owner_id: UUID) -> Stream[RenditionOfVideo]:
    """The renditions of all videos of an owner, for an export."""
    ...


@query
async def delete_renditions(db: Executor, video_id: UUID) -> RowCount:
    """Delete the renditions of a video."""
    ...


@query
async def insert_renditions(db: Executor, rows: list[RenditionOfVideo]) -> RowCount:
    """Store renditions of videos, leaving out those that exist; for `replace_renditions` and `import_renditions`."""
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
    async with atomic(db) as tx:
        return sum([await insert_videos(tx, batch) for batch in batches(rows, batch_size)])


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
    """A page of the public videos, the last published first, without those of users whom a block hides from the viewer.

    A video has at least one of `any_tags`, and each of `all_tags`; both have at most 30.
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
        await insert_renditions(tx, [RenditionOfVideo(video_id=video_id, **each.model_dump()) for each in renditions])
        return await list_renditions(tx, video_id)


async def import_renditions(db: Executor, rows: Iterable[RenditionOfVideo], *, batch_size: int = 500) -> int:
    """Store many renditions, one statement a batch, all or none; returns how many. Those that exist are left out."""
    once = batches(rows, batch_size, key=lambda each: (each.video_id, each.name))
    async with atomic(db) as tx:
        return sum([await insert_renditions(tx, batch) for batch in once])
