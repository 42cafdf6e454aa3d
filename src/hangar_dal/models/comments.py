"""Comments on videos, and answers to them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from hangar_dal.models.row import NotNegative, Row
from hangar_dal.values import JsonObject, uuid7

CommentBody = Annotated[str, StringConstraints(min_length=1, max_length=10_000)]


class CommentStatus(StrEnum):
    VISIBLE = "VISIBLE"
    REMOVED = "REMOVED"


class Comment(Row):
    """A comment. `body` is None after removal; `author_id` is None after the author is deleted.

    A comment on a video has depth 1 and is its own root. An answer has the root of the comment that it answers.
    """

    id: UUID
    video_id: UUID
    parent_id: UUID | None
    root_id: UUID
    depth: int
    author_id: UUID | None
    body: str | None
    status: CommentStatus
    metadata: JsonObject
    created_at: datetime
    edited_at: datetime | None


class NewComment(Row):
    """A comment for `create_comment`. `parent_id` is the comment that it answers, if any."""

    id: UUID = Field(default_factory=uuid7)
    video_id: UUID
    parent_id: UUID | None = None
    author_id: UUID
    body: CommentBody
    metadata: JsonObject = Field(default_factory=dict)


class ImportedComment(Row):
    """A comment for `import_comments`, with its place in the tree."""

    id: UUID
    video_id: UUID
    parent_id: UUID | None
    root_id: UUID
    depth: Annotated[int, Field(ge=1, le=8)]
    author_id: UUID
    body: CommentBody
    metadata: JsonObject = Field(default_factory=dict)
    created_at: datetime


class CommentAuthor(Row):
    """The public fields of the author of a comment."""

    id: UUID
    username: str | None
    display_name: str


class CommentDetails(Row):
    """A comment with its author, its likes and the number of its answers. A removed comment has no author."""

    id: UUID
    video_id: UUID
    parent_id: UUID | None
    root_id: UUID
    depth: int
    body: str | None
    status: CommentStatus
    metadata: JsonObject
    created_at: datetime
    edited_at: datetime | None
    author: CommentAuthor | None
    likes: NotNegative
    answers: NotNegative


class CommentThread(CommentDetails):
    """A comment on a video, with the first of its answers."""

    first_answers: list[CommentDetails]
