"""Likes of videos and comments."""

from datetime import datetime
from uuid import UUID

from hangar_dal.models.row import Row


class VideoLike(Row):
    """A like of a video by a user."""

    video_id: UUID
    user_id: UUID
    created_at: datetime


class CommentLike(Row):
    """A like of a comment by a user."""

    comment_id: UUID
    user_id: UUID
    created_at: datetime
