"""Third-party session cookies. They are credentials, so they are sealed before they reach SQL."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

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
    """A session without its cookies, safe to display."""

    id: UUID
    user_id: UUID
    platform: Platform
    expires_at: datetime
    created_at: datetime


class SessionCookie(Row):
    """A user's browser session on a platform. `model_dump` reveals the cookies, `repr` does not."""

    id: UUID
    user_id: UUID
    platform: Platform
    cookies: SealedCookies = Field(repr=False)
    expires_at: datetime
    created_at: datetime


class NewSessionCookie(Row):
    """A session for `create_session_cookie` or `import_session_cookies`. `expires_at` must be in the future.

    `expires_at` defaults to the latest expiry of the cookies; see docs/cookies.md.
    """

    id: UUID = Field(default_factory=uuid7)
    user_id: UUID
    platform: Platform
    cookies: SealedCookies = Field(repr=False)
    expires_at: datetime = Field(default_factory=lambda data: _expiry_of(data["cookies"]))


class UserWithSessionCookies(User):
    """A user with a list of the user's sessions, newest first."""

    session_cookies: list[SessionCookie]


def _expiry_of(cookies: JsonObject | JsonArray) -> datetime:
    # With the formats, `http.cookiejar` is imported, which takes longer than these models.
    from hangar_dal.cookie_formats import expiry_of  # noqa: PLC0415

    return expiry_of(cookies)
