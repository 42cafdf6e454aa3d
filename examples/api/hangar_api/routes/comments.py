"""Comments on videos, and answers to them: trees of at most eight levels."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, status
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from hangar_api.cursors import Cursor, Limit, Page, page, row_of
from hangar_api.dependencies import (
    Current,
    Db,
    Moderator,
    ViewerId,
    VisibleComment,
    VisibleVideo,
    is_moderator,
    or_not_found,
)
from hangar_api.events import EventKind, tell
from hangar_api.schemas import Request, ShortUser
from hangar_dal import Executor, Transaction, User, comments, uuid7, videos
from hangar_dal.comments import Comment, CommentDetails, CommentStatus, CommentThread, NewComment
from hangar_dal.errors import NotFound

router = APIRouter(tags=["comments"])
_KEY = ("created_at", "id")

Body = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]


class CreatedComment(Request):
    """`parent_id` is the comment that it answers.

    `id` is for clients that repeat a request whose answer was lost: the same id makes one comment.
    """

    id: UUID = Field(default_factory=uuid7)
    parent_id: UUID | None = None
    body: Body


class ChangedComment(Request):
    body: Body


class WrittenComment(BaseModel):
    """A comment without what others think of it. A removed one has no text."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    video_id: UUID
    parent_id: UUID | None
    root_id: UUID
    depth: int
    body: str | None
    status: CommentStatus
    created_at: datetime
    edited_at: datetime | None

    @classmethod
    def of(cls, comment: Comment) -> "WrittenComment":
        return cls.model_validate(comment)


class CommentResponse(WrittenComment):
    """A comment with its author, and how many like and answer it. A removed one has no author."""

    author: ShortUser | None
    likes: int
    answers: int

    @classmethod
    def of(cls, comment: Comment | CommentDetails) -> "CommentResponse":
        return cls.model_validate(comment)


class ThreadResponse(CommentResponse):
    """A comment on a video, with the first of its answers."""

    first_answers: list[CommentResponse]

    @classmethod
    def of(cls, comment: Comment | CommentDetails) -> "ThreadResponse":
        return cls.model_validate(comment)


@router.post("/videos/{video_id}/comments", status_code=status.HTTP_201_CREATED)
async def create(current: Current, video: VisibleVideo, given: CreatedComment, db: Db) -> CommentResponse:
    """Comment on a video, or answer a comment. Its owner and the author of the comment above are told."""
    new = NewComment(video_id=video.id, author_id=current.user.id, **given.model_dump())

    async def work(tx: Transaction) -> CommentResponse:
        if await comments.insert_comment(tx, new):
            await _tell(tx, new, video.owner_id, current.user)
        else:
            await comments.create_comment(tx, new)  # which is there already, or may not be written
        return await _shown(tx, new.id, current.user.id)

    return await db.in_transaction(work)


@router.get("/videos/{video_id}/comments")
async def list_of_video(
    video: VisibleVideo,
    viewer_id: ViewerId,
    db: Db,
    answers: Annotated[int, Query(ge=0, le=20, description="how many of the first answers each comment has")] = 3,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ThreadResponse]:
    """The newest first, each with its first answers, without comments of users whom a block hides from the viewer."""
    after = row_of(cursor, CommentThread, _KEY)
    rows = await comments.list_comments(db, video.id, viewer_id=viewer_id, after=after, answers=answers, limit=limit)
    return page(rows, limit, _KEY, ThreadResponse.of)


@router.get("/comments/{comment_id}")
async def show(comment: VisibleComment) -> CommentResponse:
    return CommentResponse.of(comment)


@router.get("/comments/{comment_id}/answers")
async def list_answers(
    comment: VisibleComment, viewer_id: ViewerId, db: Db, cursor: Cursor = None, limit: Limit = 50
) -> Page[CommentResponse]:
    """The oldest first."""
    after = row_of(cursor, CommentDetails, _KEY)
    rows = await comments.list_answers(db, comment.id, viewer_id=viewer_id, after=after, limit=limit)
    return page(rows, limit, _KEY, CommentResponse.of)


@router.get("/comments/{comment_id}/branch")
async def list_branch(
    comment: VisibleComment, viewer_id: ViewerId, db: Db, limit: Annotated[int, Query(ge=1, le=1000)] = 1000
) -> list[CommentResponse]:
    """A comment and all that is below it: each is followed by its own answers."""
    rows = await comments.list_branch(db, comment.id, viewer_id=viewer_id, limit=limit)
    return [CommentResponse.of(row) for row in rows]


@router.patch("/comments/{comment_id}")
async def edit(comment_id: UUID, given: ChangedComment, current: Current, db: Db) -> CommentResponse:
    """Only the author edits a comment, as long as the author sees it."""

    async def work(tx: Transaction) -> CommentResponse:
        await comments.edit_comment(tx, comment_id, author_id=current.user.id, body=given.body)
        return await _shown(tx, comment_id, current.user.id)

    return await db.in_transaction(work)


@router.delete("/comments/{comment_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(comment_id: UUID, current: Current, db: Db) -> None:
    """For its author, for the owner of the video, and for moderators. A comment with answers stays without its text."""
    user = current.user
    comment = await comments.get_comment(db, comment_id)
    if user.id != comment.author_id and not is_moderator(user):
        video = await videos.get_video(db, comment.video_id)
        if user.id != video.owner_id:
            raise NotFound("the comment is not this user's to remove")
    if not await comments.remove_comment(db, comment_id):
        raise NotFound("the comment is removed already")


@router.get("/me/comments")
async def list_mine(current: Current, db: Db, cursor: Cursor = None, limit: Limit = 50) -> Page[WrittenComment]:
    """The newest first, also on videos that the user no longer sees."""
    rows = await comments.list_comments_of_author(db, current.user.id, after=row_of(cursor, Comment, _KEY), limit=limit)
    return page(rows, limit, _KEY, WrittenComment.of)


@router.get("/moderation/comments/{comment_id}", tags=["moderation"])
async def show_to_moderator(comment_id: UUID, moderator: Moderator, db: Db) -> WrittenComment:
    """Any comment, whatever its visibility."""
    return WrittenComment.of(await comments.get_comment(db, comment_id))


async def _shown(tx: Executor, comment_id: UUID, viewer_id: UUID) -> CommentResponse:
    return CommentResponse.of(or_not_found(await comments.find_visible_comment(tx, comment_id, viewer_id=viewer_id)))


async def _tell(tx: Executor, new: NewComment, owner_id: UUID, author: User) -> None:
    """Tell the author of the comment above, and the owner of the video unless they are the same."""
    above = await comments.get_comment(tx, new.parent_id) if new.parent_id else None
    answered = above.author_id if above else None
    link = {"video_id": str(new.video_id)}
    if above:
        await tell(tx, answered, EventKind.ANSWERED, actor=author, object_id=new.id, group_id=above.id, data={**link})
    if owner_id != answered:
        await tell(
            tx, owner_id, EventKind.COMMENTED, actor=author, object_id=new.id, group_id=new.video_id, data={**link}
        )
