"""Viewers of livestreams, their watch time, and counts of viewers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.livestreams import Livestream
from hangar_dal.models.row import NotNegative, Row

ViewerIds = Annotated[list[UUID], Field(max_length=10_000)]


class Viewer(Row):
    """A viewer of a livestream.

    `seen_at` is the time of the last report, `watched_ms` the watch time in milliseconds.
    """

    livestream_id: UUID
    viewer_id: UUID
    joined_at: datetime
    seen_at: datetime
    watched_ms: NotNegative


class ViewerTotals(Row):
    """Viewer counts of a livestream.

    `viewers` and `peak` are sampled; `all_viewers` and `watched_ms` are exact totals.
    """

    livestream_id: UUID
    sampled_at: datetime | None
    viewers: int
    peak: int
    all_viewers: int
    watched_ms: int


class ViewedLivestream(Livestream):
    """A livestream and its number of viewers at the last sample."""

    viewers: int
