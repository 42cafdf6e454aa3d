"""Many browser sessions for tests."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from hangar_dal import NewSessionCookie, builders


def sessions(user_id: UUID, number: int, **changes: Any) -> list[NewSessionCookie]:
    """Many small ones, on as many platforms, each expiring a second after the one before."""
    first = changes.pop("expires_at", builders.LATER)
    return [
        builders.session_cookie(
            user_id,
            platform=f"platform {index}",
            cookies=[index],
            expires_at=first + timedelta(seconds=index),
            **changes,
        )
        for index in range(number)
    ]
