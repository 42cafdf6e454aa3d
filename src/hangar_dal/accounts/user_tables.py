"""The tables that refer to users. Export, erasure and merge define an action for each of these tables.

A test compares the list with the migrated schema, so that no new table is forgotten. Other catalogs define the actions
for their own tables in the module that they name as `user_tables`.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel

from hangar_dal import sign_in_failures
from hangar_dal.database import Executor, Transaction
from hangar_dal.models.users import User
from hangar_dal.query import Stream

T = TypeVar("T")
Rows = AsyncGenerator[BaseModel, None]
Export = Callable[[Transaction, User], Rows]
Move = Callable[[Transaction, User, User], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class UserTable:
    """How to export and merge a table of another catalog. Erasure is left to the foreign keys.

    `export` yields the rows of a user. `move` gives the rows of the second user to the first, before the second is
    erased.
    """

    export: Export | None = None
    move: Move | None = None


class MoveRows(Protocol):
    def __call__(self, db: Transaction, /, *, kept: UUID, merged: UUID) -> Awaitable[object]: ...


def streamed(stream: Callable[[Transaction, UUID], Stream[Any]]) -> Export:
    """Return an export that yields the rows of a stream query, called with the id of the user."""

    async def export(tx: Transaction, user: User) -> Rows:
        async with stream(tx, user.id) as rows:
            async for row in rows:
                yield row

    return export


def moved(*moves: MoveRows) -> Move:
    """Return a move that runs these queries one after the other."""

    async def move(tx: Transaction, kept: User, merged: User) -> None:
        for each in moves:
            await each(tx, kept=kept.id, merged=merged.id)

    return move


USER_TABLES: Final[tuple[str, ...]] = (
    "users",
    "session_cookies",
    "security_events",
    "refresh_tokens",
    "sign_in_failures",
    "two_factor",
    "recovery_codes",
    "eve_tokens",
    "one_time_tokens",
    "confirmed_emails",
    "user_search_rows",
)


def for_each_table(decisions: Mapping[str, T]) -> Mapping[str, T]:
    """Return the decisions in the order of `USER_TABLES`. Raises `LookupError` for a missing or unknown table."""
    if unknown := sorted(decisions.keys() ^ set(USER_TABLES)):
        raise LookupError(f"{', '.join(unknown)}: must be in USER_TABLES and in each mapping that is made from it")
    return MappingProxyType({table: decisions[table] for table in USER_TABLES})


def tables_of_other_catalogs(db: Executor) -> Mapping[str, UserTable]:
    """Return the user tables of the catalogs that `db` was opened with, in the order of the catalogs."""
    tables: dict[str, UserTable] = {}
    for catalog in db.opened.catalogs:
        if catalog.user_tables is not None:
            tables |= import_module(catalog.user_tables).USER_TABLES
    return tables


def login_keys(user: User) -> list[str]:
    """Return the keys in `sign_in_failures` that belong to a user: for its logins and for its second-factor codes."""
    logins = [login for login in (user.username, user.email) if login is not None]
    keys = [*map(sign_in_failures.login_key, logins), sign_in_failures.second_factor_key(user.id)]
    return list(dict.fromkeys(keys))
