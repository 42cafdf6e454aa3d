"""Erase a user: delete the user's rows, and anonymise the rows that must stay."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from hangar_dal import security_events, sign_in_failures, users
from hangar_dal.accounts.events import record
from hangar_dal.accounts.user_tables import for_each_table, login_keys
from hangar_dal.database import Executor, Transaction, atomic
from hangar_dal.errors import NotFound
from hangar_dal.models.users import User
from hangar_dal.security_events import SecurityEventKind

Erase = Callable[[Transaction, User], Awaitable[object]]


async def erase_user(
    db: Executor,
    user_id: UUID,
    *,
    actor_id: UUID | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> None:
    """Delete a user and all rows of the user. The user's security events stay, without source and user agent.

    `actor_id` is the administrator who erases the user. If users erase themselves, `source` and `user_agent` are not
    stored. Raises `NotFound` if there is no such user, and `TriggerViolation` with the constraint `last_administrator`
    if no active administrator would be left.
    """
    async with atomic(db) as tx:
        user = await users.get_user(tx, user_id)
        await remove(tx, user)
        if actor_id in (None, user_id):
            source = user_agent = None
        kind = SecurityEventKind.ERASED
        await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)


async def remove(tx: Transaction, user: User) -> None:
    """Delete or anonymise the rows of each table as docs/accounts.md describes, the user's own row first.

    A concurrent sign-in either has locked that row, so this call waits for it, or finds no user afterwards.
    """
    for erase in _ERASURES.values():
        if erase is not None:
            await erase(tx, user)


async def _users(tx: Transaction, user: User) -> None:
    if not await users.delete_user(tx, user.id):
        raise NotFound("erase_user: the user was deleted in the meantime")


async def _security_events(tx: Transaction, user: User) -> None:
    await security_events.clear_security_events(tx, user.id)


async def _sign_in_failures(tx: Transaction, user: User) -> None:
    for key in login_keys(user):
        await sign_in_failures.delete_sign_in_failures(tx, key)


_GOES_WITH_THE_USER: Final = None  # the foreign key deletes the rows

_ERASURES: Final = for_each_table(
    {
        "users": _users,
        "session_cookies": _GOES_WITH_THE_USER,
        "security_events": _security_events,
        "refresh_tokens": _GOES_WITH_THE_USER,
        "sign_in_failures": _sign_in_failures,
        "two_factor": _GOES_WITH_THE_USER,
        "recovery_codes": _GOES_WITH_THE_USER,
        "eve_tokens": _GOES_WITH_THE_USER,
        "one_time_tokens": _GOES_WITH_THE_USER,
        "confirmed_emails": _GOES_WITH_THE_USER,
        "user_search_rows": _GOES_WITH_THE_USER,
    }
)
