"""Frozen Pydantic rows, a file a domain."""

from hangar_dal.models.row import Row
from hangar_dal.models.session_cookies import NewSessionCookie, SessionCookie, UserWithSessionCookies
from hangar_dal.models.users import NewUser, User, UserChanges, UserRole, UserStatus, UserType

__all__ = [
    "NewSessionCookie",
    "NewUser",
    "Row",
    "SessionCookie",
    "User",
    "UserChanges",
    "UserRole",
    "UserStatus",
    "UserType",
    "UserWithSessionCookies",
]
