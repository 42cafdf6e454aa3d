"""Views of videos, and the most viewed videos."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Row
from hangar_dal.models.videos import Video

# The maximum number of days and of videos in a list of trends.
TrendDays = Annotated[int, Field(ge=1, le=366)]
TrendSize = Annotated[int, Field(gt=0, le=10_000)]


class View(Row):
    """A view of a video by a user, in the hour that begins at `hour` (UTC)."""

    video_id: UUID
    viewer_id: UUID
    hour: datetime
    viewed_at: datetime


class ViewsOfDay(Row):
    """The number of views of a video on a day (UTC)."""

    day: date
    views: int


class TrendingVideo(Video):
    """A video and its number of views in the days of the list, as of the last `refresh_trends`."""

    views: int
