"""Who watches livestreams, for how long, and how many at once."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.livestreams import Livestream
from hangar_dal.models.row import NotNegative, Row

ViewerIds = Annotated[list[UUID], Field(max_length=10_000)]


class Viewer(Row):
    """A user has watched a livestream. `seen_at` is the last report, `watched_ms` the time between reports."""

    livestream_id: UUID
    viewer_id: UUID
    joined_at: datetime
    seen_at: datetime
    watched_ms: NotNegative


class ViewerTotals(Row):
    """`viewers` and `peak` are those of the samples. `all_viewers` and `watched_ms` are exact, with those who left."""

    livestream_id: UUID
    sampled_at: datetime | None
    viewers: int
    peak: int
    all_viewers: int
    watched_ms: int


class ViewedLivestream(Livestream):
    """A livestream and how many watched it at the last sample."""

    viewers: int
