"""Export all data of a user as one JSON document, in pieces."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from hangar_dal import (
    eve_tokens,
    one_time_tokens,
    refresh_tokens,
    security_events,
    session_cookies,
    sign_in_failures,
    two_factor,
    users,
)
from hangar_dal.accounts.events import record
from hangar_dal.accounts.user_tables import for_each_table, login_keys, tables_of_other_catalogs
from hangar_dal.database import Database, Transaction
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.models.row import Row
from hangar_dal.models.users import User
from hangar_dal.security_events import SecurityEventKind


@dataclass(frozen=True, slots=True)
class _Export:
    tx: Transaction
    user: User
    with_cookies: bool


Rows = AsyncGenerator[BaseModel, None]


class _Failures(Row):
    """The sign-in failures of a login of the user, without the hash of the login."""

    failures: int
    refused: int
    locked_until: datetime | None
    attempted_at: datetime


@asynccontextmanager
async def export_user(
    db: Database,
    user_id: UUID,
    *,
    actor_id: UUID | None = None,
    with_cookies: bool = False,
    source: str | None = None,
    user_agent: str | None = None,
) -> AsyncIterator[AsyncIterator[str]]:
    """Yield the pieces of a JSON document: an object with a list of rows per table, from one snapshot.

    `async with export_user(db, user_id) as pieces: async for piece in pieces: ...`. The event EXPORTED is committed
    first. The document contains no hashes, tokens or secrets. It contains session cookies as plain text only
    `with_cookies`: use that only if the user gets the document. It contains the tables of all catalogs that `db` was
    opened with, if the catalog defines an export for them. Raises `NotFound` if there is no such user.
    """
    refuse_transaction(db, "the event must be committed before data is given out. Call it outside of transactions.")
    async with db.transaction() as tx:
        await users.get_user(tx, user_id)
        kind = SecurityEventKind.EXPORTED
        await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    async with db.transaction(isolation="repeatable read", read_only=True) as tx:
        user = await users.get_user(tx, user_id)
        async with aclosing(_pieces(_Export(tx, user, with_cookies))) as pieces:
            yield pieces


def _sections(export: _Export) -> Iterator[tuple[str, Rows]]:
    for table, section in _SECTIONS.items():
        if section is not None:
            yield table, section(export)
    for table, of_catalog in tables_of_other_catalogs(export.tx).items():
        if of_catalog.export is not None:
            yield table, of_catalog.export(export.tx, export.user)


async def _pieces(export: _Export) -> AsyncGenerator[str, None]:
    before = "{"
    for table, section in _sections(export):
        yield f'{before}\n"{table}": ['
        before, separator = "],", "\n"
        async with aclosing(section) as rows:
            async for row in rows:
                yield separator + row.model_dump_json()
                separator = ",\n"
    yield "]\n}\n"


async def _users(export: _Export) -> Rows:
    yield export.user


async def _session_cookies(export: _Export) -> Rows:
    """Yield the sessions. Their cookies are opened one by one, because each may be large."""
    async with session_cookies.stream_session_cookies(export.tx, export.user.id) as rows:
        async for row in rows:
            yield await session_cookies.get_session_cookie(export.tx, row.id) if export.with_cookies else row


async def _security_events(export: _Export) -> Rows:
    """Yield the events, without source and user agent if another person acted."""
    async with security_events.stream_security_events(export.tx, export.user.id) as events:
        async for event in events:
            is_own = event.actor_id in (None, export.user.id)
            yield event if is_own else event.model_copy(update={"source": None, "user_agent": None})


async def _refresh_tokens(export: _Export) -> Rows:
    async with refresh_tokens.stream_refresh_tokens(export.tx, export.user.id) as rows:
        async for row in rows:
            yield row


async def _sign_in_failures(export: _Export) -> Rows:
    for key in login_keys(export.user):
        if found := await sign_in_failures.find_sign_in_failures(export.tx, key):
            yield _Failures.model_validate(found.model_dump(exclude={"key"}))


async def _two_factor(export: _Export) -> Rows:
    for row in await two_factor.list_two_factor(export.tx, export.user.id):
        yield row


async def _recovery_codes(export: _Export) -> Rows:
    for factor in await two_factor.list_two_factor(export.tx, export.user.id):
        for row in await two_factor.list_recovery_codes(export.tx, factor.id):
            yield row


async def _eve_tokens(export: _Export) -> Rows:
    for row in await eve_tokens.list_eve_tokens(export.tx, user_id=export.user.id):
        yield row


async def _one_time_tokens(export: _Export) -> Rows:
    for row in await one_time_tokens.list_one_time_tokens(export.tx, export.user.id):
        yield row


async def _confirmed_emails(export: _Export) -> Rows:
    if found := await one_time_tokens.find_confirmed_email(export.tx, export.user.id):
        yield found


_SECTIONS: Final = for_each_table(
    {
        "users": _users,
        "session_cookies": _session_cookies,
        "security_events": _security_events,
        "refresh_tokens": _refresh_tokens,
        "sign_in_failures": _sign_in_failures,
        "two_factor": _two_factor,
        "recovery_codes": _recovery_codes,
        "eve_tokens": _eve_tokens,
        "one_time_tokens": _one_time_tokens,
        "confirmed_emails": _confirmed_emails,
        "user_search_rows": None,  # derived from the user's row
    }
)
