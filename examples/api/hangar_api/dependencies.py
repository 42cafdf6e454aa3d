"""What the routes are given: the settings, the database, where a request comes from, and who is signed in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypedDict, TypeVar
from uuid import UUID

import httpx
from fastapi import BackgroundTasks, Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordBearer

from hangar_api import mail
from hangar_api.settings import ApiSettings
from hangar_api.tokens import read_access_token
from hangar_dal import Database, User, UserRole, comments, livestreams, refresh_tokens, social, users, videos
from hangar_dal.comments import CommentDetails
from hangar_dal.errors import NotFound, TokenInvalid
from hangar_dal.livestreams import Livestream
from hangar_dal.social import Profile
from hangar_dal.videos import Video

T = TypeVar("T")

_bearer = OAuth2PasswordBearer(tokenUrl="token", refreshUrl="token/refresh", auto_error=False)


def _settings(request: Request) -> ApiSettings:
    found: ApiSettings = request.app.state.settings
    return found


def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


def _http(request: Request) -> httpx.AsyncClient:
    found: httpx.AsyncClient = request.app.state.http
    return found


def _outbox(request: Request, tasks: BackgroundTasks) -> Callable[[mail.Message], None] | None:
    """Takes messages, which are sent after the answer. None if the application cannot send any."""
    send: mail.Send | None = request.app.state.send_mail
    if send is None:
        return None

    def later(message: mail.Message) -> None:
        tasks.add_task(mail.deliver, send, message)

    return later


Configured = Annotated[ApiSettings, Depends(_settings)]
Http = Annotated[httpx.AsyncClient, Depends(_http)]
Outbox = Annotated[Callable[[mail.Message], None] | None, Depends(_outbox)]
# No transaction is open while a route's answer is sent: a route calls `db.in_transaction`, and the functions of
# `accounts` begin one themselves, after they have hashed. Both have committed it when they return.
Db = Annotated[Database, Depends(_database)]


class Where(TypedDict):
    """Where a request comes from, as all functions of `accounts` take it."""

    source: str | None
    user_agent: str | None


def _where(request: Request) -> Where:
    source = request.client.host if request.client else None
    return Where(source=source, user_agent=request.headers.get("user-agent"))


From = Annotated[Where, Depends(_where)]


@dataclass(frozen=True)
class SignedInUser:
    user: User
    session_id: UUID


async def _signed_in(
    settings: Configured, db: Db, token: Annotated[str | None, Depends(_bearer)]
) -> SignedInUser | None:
    """The user of the access token. A session that has ended, and an account that is not active, end it at once."""
    if token is None:
        return None
    access = read_access_token(settings, token)
    refused = TokenInvalid("the session has ended; sign in again")
    if not await refresh_tokens.count_live_refresh_tokens(db, user_id=access.user_id, family_id=access.session_id):
        raise refused
    try:
        user = await users.get_user(db, access.user_id)
    except NotFound:
        raise refused from None
    if not user.is_active:
        raise refused
    return SignedInUser(user, access.session_id)


Visitor = Annotated[SignedInUser | None, Depends(_signed_in)]


async def _current(visitor: Visitor) -> SignedInUser:
    if visitor is None:
        raise TokenInvalid("an access token is needed; sign in")
    return visitor


async def _viewer_id(visitor: Visitor) -> UUID | None:
    return visitor.user.id if visitor else None


# Who looks at what is public: None stands for somebody who is not signed in.
ViewerId = Annotated[UUID | None, Depends(_viewer_id)]
Current = Annotated[SignedInUser, Depends(_current)]


async def _administrator(current: Current) -> SignedInUser:
    if not current.user.is_admin:
        raise HTTPException(403, "Only an administrator may do this.")
    return current


def is_moderator(user: User) -> bool:
    return user.is_admin or user.role is UserRole.MODERATOR


async def _moderator(current: Current) -> SignedInUser:
    if not is_moderator(current.user):
        raise HTTPException(403, "Only a moderator may do this.")
    return current


Administrator = Annotated[SignedInUser, Depends(_administrator)]
Moderator = Annotated[SignedInUser, Depends(_moderator)]


def or_not_found(row: T | None) -> T:
    """What a statement has found for this user. What is hidden and what does not exist get the same answer."""
    if row is None:
        raise NotFound("this user sees no such thing")
    return row


async def _visible_video(video_id: UUID, viewer_id: ViewerId, db: Db) -> Video:
    return or_not_found(await videos.find_visible_video(db, video_id, viewer_id=viewer_id))


# The video in the path, for a route about a video that its user must see.
VisibleVideo = Annotated[Video, Depends(_visible_video)]


async def _visible_comment(comment_id: UUID, viewer_id: ViewerId, db: Db) -> CommentDetails:
    return or_not_found(await comments.find_visible_comment(db, comment_id, viewer_id=viewer_id))


async def _visible_profile(user_id: UUID, viewer_id: ViewerId, db: Db) -> Profile:
    return or_not_found(await social.find_profile(db, user_id, viewer_id=viewer_id))


# The same for a comment and for a user.
VisibleComment = Annotated[CommentDetails, Depends(_visible_comment)]
VisibleProfile = Annotated[Profile, Depends(_visible_profile)]


async def _visible_livestream(livestream_id: UUID, viewer_id: ViewerId, db: Db) -> Livestream:
    return or_not_found(await livestreams.find_visible_livestream(db, livestream_id, viewer_id=viewer_id))


VisibleLivestream = Annotated[Livestream, Depends(_visible_livestream)]
