"""Hand-written SQL per dialect, called as typed functions that return Pydantic models, on SQLite and PostgreSQL alike.

    from hangar_dal import ACCOUNTS, open_database, users

    async with open_database(catalog=ACCOUNTS) as db:
        page = await users.list_users(db, order="name")

One call takes five steps: the domain's function (`users.py`), `Catalog.query` and `CompiledQuery.bind` (`query/`),
`Database.run` (`database/`), and the statement itself (`sql/accounts/queries/<dialect>/users.sql`).

A domain is a module beside this file, and needs no line here: `from hangar_dal import users` finds it. The models and
the domains below are named because they were public before.

Each name is imported at its first use. So an application without the package's domains neither loads them nor needs
the packages of the extra `accounts`.
"""

from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from hangar_dal import errors, passwords, session_cookies, users
    from hangar_dal.catalogs import ACCOUNTS, COMMERCE, COMMUNITY, LIVESTREAMS, OUTBOX
    from hangar_dal.database import (
        Batch,
        Database,
        Executor,
        Gap,
        Health,
        Notification,
        Pending,
        StatementEvent,
        Transaction,
        atomic,
        open_database,
        transaction_dependency,
    )
    from hangar_dal.emails import EmailAddress
    from hangar_dal.grams import Searchable
    from hangar_dal.models.row import Row
    from hangar_dal.postgresql_types import PostgresType
    from hangar_dal.query import Catalog, RowCount, Stream, skip_unopened_rows
    from hangar_dal.ranges import Multirange, Range
    from hangar_dal.sealing import Sealed
    from hangar_dal.session_cookies import NewSessionCookie, SessionCookie, UserWithSessionCookies
    from hangar_dal.settings import Settings
    from hangar_dal.users import NewUser, User, UserChanges, UserRole, UserStatus, UserType
    from hangar_dal.values import CaseInsensitive, JsonArray, JsonObject, uuid7
    from hangar_dal.words import SearchableWords

__all__ = [
    "ACCOUNTS",
    "COMMERCE",
    "COMMUNITY",
    "LIVESTREAMS",
    "OUTBOX",
    "Batch",
    "CaseInsensitive",
    "Catalog",
    "Database",
    "EmailAddress",
    "Executor",
    "Gap",
    "Health",
    "JsonArray",
    "JsonObject",
    "Multirange",
    "NewSessionCookie",
    "NewUser",
    "Notification",
    "Pending",
    "PostgresType",
    "Range",
    "Row",
    "RowCount",
    "Sealed",
    "Searchable",
    "SearchableWords",
    "SessionCookie",
    "Settings",
    "StatementEvent",
    "Stream",
    "Transaction",
    "User",
    "UserChanges",
    "UserRole",
    "UserStatus",
    "UserType",
    "UserWithSessionCookies",
    "atomic",
    "errors",
    "open_database",
    "passwords",
    "session_cookies",
    "skip_unopened_rows",
    "transaction_dependency",
    "users",
    "uuid7",
]

# The module that each name is imported from.
_HOMES: Final = MappingProxyType(
    {
        "": ("errors", "passwords", "session_cookies", "users"),
        "catalogs": (
            "ACCOUNTS",
            "COMMERCE",
            "COMMUNITY",
            "LIVESTREAMS",
            "OUTBOX",
        ),
        "database": (
            "Batch",
            "Database",
            "Executor",
            "Gap",
            "Health",
            "Notification",
            "Pending",
            "StatementEvent",
            "Transaction",
            "atomic",
            "open_database",
            "transaction_dependency",
        ),
        "emails": ("EmailAddress",),
        "grams": ("Searchable",),
        "models.row": ("Row",),
        "postgresql_types": ("PostgresType",),
        "query": (
            "Catalog",
            "RowCount",
            "Stream",
            "skip_unopened_rows",
        ),
        "ranges": ("Multirange", "Range"),
        "sealing": ("Sealed",),
        "session_cookies": (
            "NewSessionCookie",
            "SessionCookie",
            "UserWithSessionCookies",
        ),
        "settings": ("Settings",),
        "users": (
            "NewUser",
            "User",
            "UserChanges",
            "UserRole",
            "UserStatus",
            "UserType",
        ),
        "values": (
            "CaseInsensitive",
            "JsonArray",
            "JsonObject",
            "uuid7",
        ),
        "words": ("SearchableWords",),
    }
)


if not TYPE_CHECKING:  # a type checker would accept any name

    def __getattr__(name: str) -> Any:
        """Import a public name at its first use (PEP 562)."""
        home = next((home for home, names in _HOMES.items() if name in names), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"{__name__}.{home}"), name) if home else import_module(f"{__name__}.{name}")
        globals()[name] = found
        return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
