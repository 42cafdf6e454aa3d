"""Views of videos, and what is viewed most."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.models.row import Row
from hangar_dal.models.videos import Video

# How many days a list of trends may reach back, and how many videos it may have.
TrendDays = Annotated[int, Field(ge=1, le=366)]
TrendSize = Annotated[int, Field(gt=0, le=10_000)]


class View(Row):
    """A user has viewed a video, in the hour that begins at `hour` in UTC."""

    video_id: UUID
    viewer_id: UUID
    hour: datetime
    viewed_at: datetime


class ViewsOfDay(Row):
    """How often a video was viewed on a day in UTC."""

    day: date
    views: int


class TrendingVideo(Video):
    """A video and how often it was viewed in the span of days, as of the last `refresh_trends`."""

    views: int
