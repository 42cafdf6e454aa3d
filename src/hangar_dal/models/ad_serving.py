"""Ad requests, reservations, impressions, clicks, and what each campaign has spent."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from hangar_dal.models.row import Currency, Label, Row
from hangar_dal.values import uuid7

# The keywords of a request. The empty keyword matches campaigns without keywords.
Words = Annotated[list[Annotated[str, StringConstraints(max_length=50)]], Field(max_length=31)]
Minute = Annotated[int, Field(ge=0, lt=1440)]
Turn = Annotated[int, Field(ge=0, lt=2**32)]


class AdViewer(Row):
    """The viewer of an ad: a user, or a person whom the application identifies by a key."""

    viewer_id: UUID | None = None
    viewer_key: Label | None = None

    @model_validator(mode="after")
    def _one_viewer(self) -> Self:
        if (self.viewer_id is None) == (self.viewer_key is None):
            raise PydanticCustomError("hangar_viewer", "give either viewer_id or viewer_key")
        return self


class AdRequest(AdViewer):
    """A request for an ad. `traits` describe the viewer and the page, such as country and language."""

    id: UUID = Field(default_factory=uuid7)
    currency: Currency
    keywords: Annotated[list[str], Field(max_length=30)] = Field(default_factory=list)
    traits: dict[str, str] = Field(default_factory=dict)


class Ad(Row):
    """An ad to show, and the price of an impression."""

    campaign_id: UUID
    creative_id: UUID
    title: str
    body: str
    image_url: str | None
    landing_url: str
    price: int
    currency: str


class NewReservation(AdViewer):
    """A reservation of the price of one impression. `id` is the id of the request."""

    id: UUID = Field(default_factory=uuid7)
    campaign_id: UUID
    creative_id: UUID
    expires_at: datetime


class Reservation(Row):
    """A reserved price, until the ad is shown or the reservation is released."""

    id: UUID
    campaign_id: UUID
    creative_id: UUID
    viewer_id: UUID | None
    viewer_key: str | None
    price: int
    reserved_at: datetime
    expires_at: datetime


class NewImpression(Row):
    """The fact that the ad reserved for this request was shown. `id` is the id of the request."""

    id: UUID
    shown_at: datetime


class Impression(Row):
    """An ad that was shown. `day` is the day (UTC) on which it was reserved."""

    id: UUID
    campaign_id: UUID
    creative_id: UUID
    viewer_id: UUID | None
    viewer_key: str | None
    price: int
    day: date
    shown_at: datetime


class Click(Row):
    """A click on an ad that was shown."""

    impression_id: UUID
    clicked_at: datetime


class AdBudget(Row):
    """What a campaign has reserved and spent of its total budget."""

    campaign_id: UUID
    currency: str
    budget: int
    reserved: int
    spent: int

    @property
    def available(self) -> int:
        """The amount that can still be reserved."""
        return self.budget - self.reserved - self.spent


class AdDay(Row):
    """What a campaign has reserved, spent and paid on a day (UTC)."""

    campaign_id: UUID
    day: date
    budget: int
    reserved: int
    spent: int
    settled: int


class WrongBudget(Row):
    """A campaign whose totals are inconsistent, because triggers were bypassed."""

    campaign_id: UUID
    held: int
    reserved_by_day: int
    spent_by_day: int
    reserved: int
    spent: int
