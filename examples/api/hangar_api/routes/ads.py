"""Ads for a page: one is chosen and its price reserved, then it is shown, and perhaps clicked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response, status
from pydantic import BaseModel, ConfigDict, Field

from hangar_api.dependencies import Db, ViewerId
from hangar_api.schemas import Request
from hangar_dal import ad_serving, uuid7
from hangar_dal.ad_serving import AdRequest
from hangar_dal.errors import InvalidValue

router = APIRouter(prefix="/ads", tags=["ads"])


class Place(Request):
    """Where an ad is to be shown. `viewer_key` is for viewers who are not signed in, such as the key of a cookie.

    The `id` names the request in all that follows. Sent again, it answers the same ad.
    """

    id: UUID = Field(default_factory=uuid7)
    currency: str
    keywords: list[str] = Field(default_factory=list)
    traits: dict[str, str] = Field(default_factory=dict)
    viewer_key: Annotated[str, Field(min_length=16, max_length=200)] | None = None


class AdResponse(BaseModel):
    """What to show. What it costs is not told to viewers."""

    model_config = ConfigDict(from_attributes=True)

    request_id: UUID
    creative_id: UUID
    title: str
    body: str
    image_url: str | None
    landing_url: str


class Shown(BaseModel):
    shown_at: datetime


class Clicked(BaseModel):
    clicked_at: datetime


@router.post("", responses={204: {"description": "No ad fits"}}, response_model=AdResponse)
async def choose(place: Place, viewer_id: ViewerId, db: Db) -> AdResponse | Response:
    """Reserve the ad of the highest bid that fits. A signed-in viewer is counted as such, and needs no key."""
    if viewer_id is None and place.viewer_key is None:
        raise InvalidValue("viewer_key: sign in, or give a key")
    viewer = {"viewer_id": viewer_id} if viewer_id else {"viewer_key": place.viewer_key}
    request = AdRequest.model_validate(place.model_dump(exclude={"viewer_key"}) | viewer)
    ad = await ad_serving.serve(db, request)
    if ad is None:
        return Response(status_code=status.HTTP_204_NO_CONTENT)
    return AdResponse(request_id=place.id, **ad.model_dump(include=set(AdResponse.model_fields)))


@router.put("/{request_id}/impression")
async def show(request_id: UUID, db: Db) -> Shown:
    """The ad was shown: its price is spent. Repeating it changes nothing."""
    return Shown(shown_at=(await ad_serving.record_impression(db, request_id)).shown_at)


@router.put("/{request_id}/click")
async def click(request_id: UUID, db: Db) -> Clicked:
    """The ad was clicked. Repeating it changes nothing."""
    return Clicked(clicked_at=(await ad_serving.record_click(db, request_id)).clicked_at)


@router.delete("/{request_id}", status_code=status.HTTP_204_NO_CONTENT)
async def release(request_id: UUID, db: Db) -> None:
    """The ad will not be shown. The answer is the same if nothing is reserved."""
    await ad_serving.release(db, request_id)
