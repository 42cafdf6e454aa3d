"""Accounts and browser sessions for tests: each call gives new ones, and every secret is made on the spot."""

from datetime import UTC, datetime, timedelta
from itertools import count
from secrets import token_hex, token_urlsafe
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import NewSessionCookie, NewUser, UserType

_numbers = count(90_000_001)
# Ahead of the tests' clock.
LATER = datetime(2031, 1, 1, tzinfo=UTC)


def password() -> SecretStr:
    return SecretStr(token_urlsafe(20))


def local_user(**changes: Any) -> NewUser:
    name = f"pilot{next(_numbers)}"
    return NewUser(**{"username": name, "email": f"{name}@example.org", "password": password(), **changes})


def eve_user(**changes: Any) -> NewUser:
    number = next(_numbers)
    eve = {"user_type": UserType.EVE_SSO, "eve_character_id": number, "display_name": f"Capsuleer {number}"}
    return NewUser(**{**eve, **changes})


def storage_state(secret: str | None = None) -> dict[str, Any]:
    """What Playwright's `context.storage_state()` gives."""
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


def session(user_id: UUID, platform: str = "market.example.org", **changes: Any) -> NewSessionCookie:
    given = {"cookies": storage_state(), "expires_at": LATER, **changes}
    return NewSessionCookie(user_id=user_id, platform=platform, **given)


def sessions(user_id: UUID, number: int, **changes: Any) -> list[NewSessionCookie]:
    """Many small ones, on as many platforms, each expiring a second after the one before."""
    first = changes.pop("expires_at", LATER)
    return [
        session(user_id, f"platform {index}", cookies=[index], expires_at=first + timedelta(seconds=index), **changes)
        for index in range(number)
    ]
