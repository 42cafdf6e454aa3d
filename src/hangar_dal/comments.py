"""Comments on videos: trees of at most eight levels.

`from hangar_dal import comments`. Every function takes a `Database` or a `Transaction` first, opened with `COMMUNITY`.
"""
# mypy: disable-error-code="empty-body"

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.batching import store_in_batches
from hangar_dal.catalogs import COMMUNITY
from hangar_dal.database import Executor
from hangar_dal.errors import NotFound, UniqueViolation
from hangar_dal.models.comments import Comment as Comment
from hangar_dal.models.comments import CommentAuthor as CommentAuthor
from hangar_dal.models.comments import CommentBody
from hangar_dal.models.comments import CommentDetails as CommentDetails
from hangar_dal.models.comments import CommentStatus as CommentStatus
from hangar_dal.models.comments import CommentThread as CommentThread
from hangar_dal.models.comments import ImportedComment as ImportedComment
from hangar_dal.models.comments import NewComment as NewComment
from hangar_dal.models.row import BatchSize, PageSize
from hangar_dal.query import RowCount, Stream

query = COMMUNITY.query

AnswersShown = Annotated[int, Field(ge=0, le=100)]


@query
async def insert_comment(db: Executor, new: NewComment) -> Comment | None:
    """Store a comment; None if its id is taken or its author may not comment. Used by `create_comment`."""
    ...


@query
async def insert_comments(db: Executor, rows: list[ImportedComment]) -> RowCount:
    """Store rows in one statement, except those whose id is taken. Used by `import_comments`."""
    ...


@query
async def get_comment(db: Executor, comment_id: UUID) -> Comment:
    """Return the comment with this id. Does not check who may see it."""
    ...


@query
async def find_visible_comment(db: Executor, comment_id: UUID, *, viewer_id: UUID | None) -> CommentDetails | None:
    """Return the comment if this viewer may see it, its video and all its parent comments; otherwise None."""
    ...


@query
async def edit_comment(db: Executor, comment_id: UUID, *, author_id: UUID, body: CommentBody) -> Comment:
    """Change the text of a comment.

    Raises `NotFound` if it is removed, has another author, or the author may not see it.
    """
    ...


@query
async def remove_comment(db: Executor, comment_id: UUID) -> RowCount:
    """Clear the text of a comment, or delete the comment if it has no answers; 0 if there is nothing to remove.

    The caller decides who may do it: the author, the owner of the video or a moderator.
    """
    ...


@query
async def count_comments(db: Executor, video_id: UUID) -> int:
    """Return the number of comments and answers on a video that are not removed."""
    ...


@query
async def list_comments_of_author(
    db: Executor, author_id: UUID, *, after: Comment | None = None, limit: PageSize = 50
) -> list[Comment]:
    """Return a page of a user's comments, newest first, for the user and for moderators."""
    ...


@query
def stream_comments(db: Executor) -> Stream[Comment]:
    """Stream all comments, each before its answers, for an export."""
    ...


@query
def stream_comments_of_author(db: Executor, author_id: UUID) -> Stream[Comment]:
    """Stream all comments of a user, oldest first, for an export."""
    ...


@query
async def move_comments(db: Executor, *, kept: UUID, merged: UUID) -> RowCount:
    """Give the comments of the user `merged` to the user `kept`."""
    ...


@query
async def list_comments(
    db: Executor,
    video_id: UUID,
    *,
    viewer_id: UUID | None,
    after: CommentThread | None = None,
    answers: AnswersShown = 3,
    limit: PageSize = 50,
) -> list[CommentThread]:
    """Return a page of the comments on a video, newest first, each with its first `answers` answers, oldest first.

    The list is empty if the viewer may not see the video. Comments of users hidden by a block are left out, and so are
    the answers to them.
    """
    ...


@query
async def list_answers(
    db: Executor,
    comment_id: UUID,
    *,
    viewer_id: UUID | None,
    after: CommentDetails | None = None,
    limit: PageSize = 50,
) -> list[CommentDetails]:
    """Return a page of the answers to a comment, oldest first, by the same rules as `list_comments`."""
    ...


@query
async def list_branch(
    db: Executor, comment_id: UUID, *, viewer_id: UUID | None, limit: BatchSize = 1000
) -> list[CommentDetails]:
    """Return a comment and all answers below it, each followed by its own answers, ordered by id."""
    ...


async def create_comment(db: Executor, new: NewComment) -> Comment:
    """Comment on a video, or answer a comment. Repeating the call with the same id returns the comment.

    Raises `NotFound` if the author may not see the video or the parent comment, `CheckViolation` for an answer below
    the eighth level, and `UniqueViolation` if another comment has the id.
    """
    if (comment := await insert_comment(db, new)) is not None:
        return comment
    try:
        comment = await get_comment(db, new.id)
    except NotFound:
        raise NotFound(
            "create_comment: the video or the answered comment does not exist, or the author may not see it"
        ) from None
    if (comment.video_id, comment.author_id) != (new.video_id, new.author_id):
        raise UniqueViolation("comments: another comment has this id", constraint="comments_pkey")
    return comment


async def import_comments(db: Executor, rows: Iterable[ImportedComment], *, batch_size: int = 500) -> int:
    """Store comments in batches, all or none, except those whose id is taken; return how many were stored.

    A comment must not come before the comment that it answers, except in the same batch.
    """
    return sum(await store_in_batches(db, insert_comments, rows, batch_size))
