"""Hand-written SQL per dialect, called as typed functions that return Pydantic models, on SQLite and PostgreSQL alike.

    from hangar_dal import ACCOUNTS, open_database, users

    async with open_database(catalog=ACCOUNTS) as db:
        page = await users.list_users(db, order="name")

One call takes five steps: the domain's function (`users.py`), `Catalog.query` and `CompiledQuery.bind` (`query/`),
`Database.run` (`database/`), and the statement itself (`sql/accounts/queries/<dialect>/users.sql`).

A domain is a module beside this file, and needs no line here: `from hangar_dal import users` finds it. The models and
the two domains below are named because they were public before.
"""

from hangar_dal import errors, passwords, session_cookies, users
from hangar_dal.catalogs import ACCOUNTS, COMMERCE, COMMUNITY, LIVESTREAMS, OUTBOX
from hangar_dal.database import (
    Database,
    Executor,
    Gap,
    Notification,
    Transaction,
    atomic,
    open_database,
    transaction_dependency,
)
from hangar_dal.emails import EmailAddress
from hangar_dal.grams import Searchable
from hangar_dal.models.row import Row
from hangar_dal.query import Catalog, RowCount, Stream, skip_unopened_rows
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
    "CaseInsensitive",
    "Catalog",
    "Database",
    "EmailAddress",
    "Executor",
    "Gap",
    "JsonArray",
    "JsonObject",
    "NewSessionCookie",
    "NewUser",
    "Notification",
    "Row",
    "RowCount",
    "Sealed",
    "Searchable",
    "SearchableWords",
    "SessionCookie",
    "Settings",
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
