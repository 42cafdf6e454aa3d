"""Third-party session cookies: credentials, and therefore sealed before they reach SQL."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from hangar_dal.cookie_formats import expiry_of
from hangar_dal.models.row import Row, ShortText
from hangar_dal.models.users import User
from hangar_dal.sealing import Sealed
from hangar_dal.values import JsonArray, JsonObject, uuid7

Platform = ShortText
SealedCookies = Annotated[
    JsonObject | JsonArray,
    Sealed("session_cookies", "cookies", bind=("id", "user_id", "platform")),
]


class SessionCookieSummary(Row):
    """What can be shown about a session without its cookies."""

    id: UUID
    user_id: UUID
    platform: Platform
    expires_at: datetime
    created_at: datetime


class SessionCookie(Row):
    """A user's session at a platform: what the browser exported. `model_dump` reveals the cookies, `repr` does not."""

    id: UUID
    user_id: UUID
    platform: Platform
    cookies: SealedCookies = Field(repr=False)
    expires_at: datetime
    created_at: datetime


class NewSessionCookie(Row):
    """What `create_session_cookie` and `import_session_cookies` need; `expires_at` must lie ahead.

    If it is not given, it is when the last of the cookies expires: docs/cookies.md.
    """

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    platform: Platform
    cookies: SealedCookies = Field(repr=False)
    expires_at: datetime = Field(default_factory=lambda data: expiry_of(data["cookies"]))


class UserWithSessionCookies(User):
    """A user and the list of theirs, newest first."""

    session_cookies: list[SessionCookie]
