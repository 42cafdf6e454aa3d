"""Failed sign-ins for tests, and what they leave."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal import Database, accounts, security_events, sign_in_failures, uuid7
from hangar_dal.errors import InvalidCredentials
from hangar_dal.security_events import SecurityEventKind

WHERE: dict[str, Any] = {"source": "203.0.113.7", "user_agent": "Firefox"}
REFUSED = r"^the login or the password is wrong, or too many attempts have failed; try again later$"
ADMIN = uuid7()
CodeOf = Callable[[SecretStr], SecretStr]  # what the app of a secret shows now
LINK_REFUSED = r"^the link is no longer valid; ask for a new one$"
CODE_REFUSED = r"^the code is wrong, has expired, or was used before$"
WRONG_CODE = SecretStr("wrong")
WRONG = SecretStr("wrong horse battery staple")


async def fail(database: Database, login: str = "ada", given: SecretStr = WRONG, **where: Any) -> None:
    with pytest.raises(InvalidCredentials, match=REFUSED):
        await accounts.sign_in(database, login, given, **(where or WHERE))


async def kinds(database: Database) -> list[SecurityEventKind]:
    """Those of all events, the oldest first."""
    return [event.kind for event in reversed(await security_events.list_security_events(database))]


async def failures(database: Database, key: str) -> int:
    found = await sign_in_failures.find_sign_in_failures(database, key)
    return found.failures if found else 0


async def last_event(database: Database) -> tuple[Any, ...]:
    """Its kind, user and actor, and where it came from."""
    event, *_ = await security_events.list_security_events(database)
    return event.kind, event.user_id, event.actor_id, event.source, event.user_agent
