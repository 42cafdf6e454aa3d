"""Builders for the catalog ACCOUNTS: users, tokens, cookies, second factors and security events."""

import hashlib
from datetime import datetime
from secrets import token_hex, token_urlsafe
from typing import Any, TypedDict
from uuid import UUID

from pydantic import SecretStr
from typing_extensions import Unpack

from hangar_dal.builders.building import LATER, built, id_of, numbers, past
from hangar_dal.models.eve_tokens import NewEveToken, SealedAccessToken, SealedRefreshToken
from hangar_dal.models.refresh_tokens import NewRefreshToken
from hangar_dal.models.row import EveCharacterId, Sha256, Source, UserAgent
from hangar_dal.models.security_events import NewSecurityEvent, SecurityEventKind
from hangar_dal.models.session_cookies import NewSessionCookie, Platform, SealedCookies
from hangar_dal.models.two_factor import NewTwoFactor, TotpSecret
from hangar_dal.models.users import (
    DisplayName,
    Email,
    NewUser,
    PhoneNumber,
    User,
    Username,
    UserRole,
    UserStatus,
    UserType,
)
from hangar_dal.totp import new_secret
from hangar_dal.values import JsonObject, uuid7

_SOURCE = "203.0.113.7"
_USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class EveUserFields(TypedDict, total=False):
    id: UUID
    username: Username | None
    phone_number: PhoneNumber | None
    display_name: DisplayName
    password: SecretStr | None
    eve_character_id: EveCharacterId | None
    eve_scopes: list[str]
    status: UserStatus
    role: UserRole
    is_test_user: bool
    is_private: bool
    metadata: JsonObject


class UserFields(EveUserFields, total=False):
    email: Email | None
    user_type: UserType


class SessionCookieFields(TypedDict, total=False):
    id: UUID
    platform: Platform
    cookies: SealedCookies
    expires_at: datetime


class EveTokenFields(TypedDict, total=False):
    eve_character_id: EveCharacterId
    access_token: SealedAccessToken
    refresh_token: SealedRefreshToken
    scopes: list[str]
    expires_at: datetime


class RefreshTokenFields(TypedDict, total=False):
    jti: UUID
    family_id: UUID
    token_hash: Sha256
    rotated_from: UUID | None
    user_agent: UserAgent | None
    source: Source | None
    signed_in_at: datetime
    session_ends_at: datetime
    issued_at: datetime
    expires_at: datetime


class SecurityEventFields(TypedDict, total=False):
    id: UUID
    kind: SecurityEventKind
    actor_id: UUID | None
    source: Source | None
    user_agent: UserAgent | None


class TwoFactorFields(TypedDict, total=False):
    id: UUID
    secret: TotpSecret


def password() -> SecretStr:
    """Return a random password that the password rules accept."""
    return SecretStr(token_urlsafe(20))


def user(**fields: Unpack[UserFields]) -> NewUser:
    """A LOCAL account with a username, an e-mail address and a password."""
    name = f"pilot{next(numbers):05}"
    return built(NewUser, fields, username=name, email=f"{name}@example.org", password=password())


def eve_user(**fields: Unpack[EveUserFields]) -> NewUser:
    """An EVE_SSO account, which has a character and no password."""
    character = 90_000_000 + next(numbers)
    name = f"Capsuleer {character}"
    return built(NewUser, fields, user_type=UserType.EVE_SSO, eve_character_id=character, display_name=name)


def storage_state(secret: str | None = None) -> dict[str, Any]:
    """Return data like Playwright's `context.storage_state()`. `secret` is the value of the session cookie."""
    return {
        "cookies": [
            {
                "name": "__Host-session",
                "value": secret or token_hex(32),
                "domain": "market.example.org",
                "path": "/",
                "expires": 1925004245.678901,
                "httpOnly": True,
                "secure": True,
                "sameSite": "Lax",
            },
            {
                "name": "größe",
                "value": "",
                "domain": ".example.org",
                "path": "/",
                "expires": -1,
                "httpOnly": False,
                "secure": False,
                "sameSite": "None",
            },
        ],
        "origins": [
            {
                "origin": "https://market.example.org",
                "localStorage": [
                    {"name": "theme", "value": "dark 🌌"},
                    {"name": "token", "value": f'{{"jwt":"{token_hex(16)}","n":[1,2.5,null]}}'},
                ],
            }
        ],
    }


def session_cookie(user: User | UUID, **fields: Unpack[SessionCookieFields]) -> NewSessionCookie:
    """A browser session on a platform, with cookies."""
    defaults = {"platform": "market.example.org", "cookies": storage_state(), "expires_at": LATER}
    return built(NewSessionCookie, fields, user_id=id_of(user), **defaults)


def eve_token(user: User | UUID, **fields: Unpack[EveTokenFields]) -> NewEveToken:
    """The tokens of a character."""
    return built(
        NewEveToken,
        fields,
        user_id=id_of(user),
        eve_character_id=90_000_000 + next(numbers),
        access_token=token_urlsafe(600),
        refresh_token=token_urlsafe(18),
        scopes=["publicData"],
        expires_at=LATER,
    )


def refresh_token(user: User | UUID, **fields: Unpack[RefreshTokenFields]) -> NewRefreshToken:
    """The first token of a session. For a token that can be used, call `refresh_tokens.issue_refresh_token`."""
    number, jti = next(numbers), fields.get("jti", uuid7())
    return built(
        NewRefreshToken,
        fields,
        jti=jti,
        family_id=jti,
        user_id=id_of(user),
        token_hash=hashlib.sha256(f"token {number}".encode()).hexdigest(),
        rotated_from=None,
        user_agent=_USER_AGENT,
        source=_SOURCE,
        signed_in_at=past(number),
        session_ends_at=LATER,
        issued_at=past(number),
        expires_at=LATER,
    )


def security_event(user: User | UUID | None = None, **fields: Unpack[SecurityEventFields]) -> NewSecurityEvent:
    """A security event; `kind` defaults to SIGN_IN."""
    user_id = None if user is None else id_of(user)
    defaults = {"kind": SecurityEventKind.SIGN_IN, "source": _SOURCE, "user_agent": _USER_AGENT}
    return built(NewSecurityEvent, fields, user_id=user_id, **defaults)


def two_factor(user: User | UUID, **fields: Unpack[TwoFactorFields]) -> NewTwoFactor:
    """A second factor that is not confirmed yet."""
    return built(NewTwoFactor, fields, user_id=id_of(user), secret=new_secret())
