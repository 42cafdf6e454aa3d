"""Merge two accounts of one person: move rows to the kept account, and erase the other account."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from hangar_dal import eve_tokens, session_cookies, two_factor, users
from hangar_dal.accounts.erasing import remove
from hangar_dal.accounts.events import record
from hangar_dal.accounts.user_tables import for_each_table, tables_of_other_catalogs
from hangar_dal.database import Executor, Transaction, atomic
from hangar_dal.errors import InvalidValue
from hangar_dal.models.two_factor import NewTwoFactor
from hangar_dal.models.users import User
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.values import uuid7

Move = Callable[[Transaction, User, User], Awaitable[None]]


async def merge_users(
    db: Executor,
    *,
    kept: UUID,
    merged: UUID,
    actor_id: UUID | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> User:
    """Move the rows of `merged` to `kept`, erase `merged`, and return the kept user.

    Session cookies and EVE tokens move. The second factor, the phone number and the EVE character move if the kept user
    has none. Tables of other catalogs of `db` move as the catalogs define. Sessions and links of `merged` end. Both
    users get the event MERGED. Raises `NotFound` if there is no such user, and `TriggerViolation` with the constraint
    `last_administrator` if no active administrator would be left.
    """
    if kept == merged:
        raise InvalidValue("merged: must be another user than kept")
    async with atomic(db) as tx:
        await users.lock_users(tx, first=kept, second=merged)
        to, gone = await users.get_user(tx, kept), await users.get_user(tx, merged)
        for move in _MOVES.values():
            if move is not None:
                await move(tx, to, gone)
        for table in tables_of_other_catalogs(tx).values():
            if table.move is not None:
                await table.move(tx, to, gone)
        await remove(tx, gone)
        user = await _take_over(tx, to, gone)
        for user_id in (merged, kept):
            kind = SecurityEventKind.MERGED
            await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return user


async def _session_cookies(tx: Transaction, kept: User, merged: User) -> None:
    """Open and seal the sessions again one by one, because each may be large."""
    async with session_cookies.stream_session_cookies(tx, merged.id) as rows:
        moved = [row.id async for row in rows]
    for session_cookie_id in moved:
        row = await session_cookies.get_session_cookie(tx, session_cookie_id)
        await session_cookies.move_session_cookie(
            tx, id=row.id, user_id=kept.id, platform=row.platform, cookies=row.cookies, moved_from=merged.id
        )


async def _eve_tokens(tx: Transaction, kept: User, merged: User) -> None:
    for character in await eve_tokens.list_eve_tokens(tx, user_id=merged.id):
        row = await eve_tokens.find_eve_token(tx, character.eve_character_id)
        if row is not None:
            await eve_tokens.move_eve_token(
                tx,
                eve_character_id=row.eve_character_id,
                user_id=kept.id,
                access_token=row.access_token,
                refresh_token=row.refresh_token,
                moved_from=merged.id,
            )


async def _two_factor(tx: Transaction, kept: User, merged: User) -> None:
    """Move the second factor if only the merged user has one: a merge must not make sign-in easier."""
    factor = await two_factor.find_two_factor(tx, merged.id)
    if factor is None or factor.last_step is None or await two_factor.find_two_factor(tx, kept.id):
        return
    new = NewTwoFactor.model_construct(id=uuid7(), user_id=kept.id, secret=factor.secret)
    moved = await two_factor.insert_pending_two_factor(tx, new)
    await two_factor.confirm_two_factor(tx, moved.id, step=factor.last_step)
    await two_factor.move_recovery_codes(tx, two_factor_id=moved.id, moved_from=factor.id)


async def _take_over(tx: Transaction, kept: User, merged: User) -> User:
    """Give the kept user the unique values that are free after the merged user was deleted."""
    if kept.phone_number is None and merged.phone_number is not None:
        await users.update_user(tx, kept.id, phone_number=merged.phone_number)
    if kept.eve_character_id is None and merged.eve_character_id is not None:
        await users.set_eve_character(tx, kept.id, character=merged.eve_character_id, scopes=merged.eve_scopes)
    return await users.get_user(tx, kept.id)


_GOES_WITH_THE_USER: Final = None

_MOVES: Final = for_each_table(
    {
        "users": _GOES_WITH_THE_USER,  # `_take_over` keeps some columns
        "session_cookies": _session_cookies,
        "security_events": None,  # append-only: they stay with the id of the merged user
        "refresh_tokens": _GOES_WITH_THE_USER,
        "sign_in_failures": _GOES_WITH_THE_USER,
        "two_factor": _two_factor,
        "recovery_codes": None,  # they move with their second factor
        "eve_tokens": _eve_tokens,
        "one_time_tokens": _GOES_WITH_THE_USER,
        "confirmed_emails": _GOES_WITH_THE_USER,
        "user_search_rows": _GOES_WITH_THE_USER,
    }
)
