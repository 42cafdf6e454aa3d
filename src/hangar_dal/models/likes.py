"""Who likes which video and which comment."""

from datetime import datetime
from uuid import UUID

from hangar_dal.models.row import Row


class VideoLike(Row):
    """That a user likes a video."""

    video_id: UUID
    user_id: UUID
    created_at: datetime


class CommentLike(Row):
    """That a user likes a comment."""

    comment_id: UUID
    user_id: UUID
    created_at: datetime
