"""The cookies of other platforms: they go in, the server uses them, and they never come out."""

from datetime import datetime
from uuid import UUID

import httpx
from fastapi import APIRouter, HTTPException, status
from pydantic import BaseModel, ConfigDict

from hangar_api.dependencies import Configured, Current, Db, Http
from hangar_api.schemas import Request
from hangar_dal import JsonArray, JsonObject, NewSessionCookie, cookie_formats, session_cookies
from hangar_dal.errors import NotFound

router = APIRouter(prefix="/me/cookies", tags=["my cookies"])


class NewCookies(Request):
    """`cookies` is the storage state that Playwright writes. Without `expires_at`, the cookies say when they expire."""

    platform: str
    cookies: JsonObject | JsonArray
    expires_at: datetime | None = None


class StoredCookies(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    platform: str
    expires_at: datetime
    created_at: datetime


class Used(BaseModel):
    """How the platform answered. Its answer itself may hold new cookies, so it is not passed on."""

    platform_status: int


@router.post("", status_code=status.HTTP_201_CREATED)
async def store(new: NewCookies, current: Current, db: Db) -> StoredCookies:
    given = new.model_dump(exclude_none=True)
    stored = await session_cookies.create_session_cookie(db, NewSessionCookie(user_id=current.user.id, **given))
    return StoredCookies.model_validate(stored)


@router.get("")
async def list_stored(current: Current, db: Db, platform: str | None = None) -> list[StoredCookies]:
    """The newest first. They stay sealed: only what describes them is read."""
    async with session_cookies.stream_session_cookies(db, current.user.id) as rows:
        found = [StoredCookies.model_validate(row) async for row in rows if platform in (None, row.platform)]
    return found[::-1]


@router.post("/{cookies_id}/use")
async def use(cookies_id: UUID, current: Current, db: Db, settings: Configured, http: Http) -> Used:
    """Ask the platform for its first page, with those of the cookies that belong to it."""
    found = await session_cookies.get_session_cookie(db, cookies_id)
    if found.user_id != current.user.id:
        raise NotFound("the user has no such cookies")
    address = settings.platforms.get(found.platform)
    if address is None or found.expires_at <= db.now():
        raise HTTPException(409, "The cookies have expired, or API_PLATFORMS has no address for their platform.")
    jar, _ = cookie_formats.to_cookie_jar(found.cookies)
    try:
        request = http.build_request("GET", str(address))
        httpx.Cookies(jar).set_cookie_header(request)  # the jar decides by domain and path which ones are sent
        answer = await http.send(request)
    except httpx.HTTPError:
        raise HTTPException(502, "The platform does not answer.") from None
    return Used(platform_status=answer.status_code)


@router.delete("/{cookies_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete(cookies_id: UUID, current: Current, db: Db) -> None:
    if not await session_cookies.delete_session_cookie(db, cookies_id, user_id=current.user.id):
        raise NotFound("the user has no such cookies")
