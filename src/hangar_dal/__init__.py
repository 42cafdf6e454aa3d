"""Hand-written SQL per dialect, called as typed functions that return Pydantic models, on SQLite and PostgreSQL alike.

    from hangar_dal import open_database, users

    async with open_database() as db:
        page = await users.list_users(db, order="name")

The way of one call, in five stops: the domain's function (`domains/users.py`), `Catalog.query` and `Plan.run`
(`query/`), `Database.run` (`database/`), and the statement itself (`sql/queries/<dialect>/users.sql`).
"""

from hangar_dal import errors, passwords
from hangar_dal.database import (
    Database,
    Executor,
    Transaction,
    atomic,
    open_database,
    transaction_dependency,
)
from hangar_dal.domains import session_cookies, users
from hangar_dal.emails import EmailAddress
from hangar_dal.models import (
    NewSessionCookie,
    NewUser,
    Row,
    SessionCookie,
    User,
    UserChanges,
    UserRole,
    UserStatus,
    UserType,
    UserWithSessionCookies,
)
from hangar_dal.query import Catalog, RowCount, Stream, skip_unopened_rows
from hangar_dal.sealing import Sealed
from hangar_dal.settings import Settings
from hangar_dal.values import CaseInsensitive, JsonArray, JsonObject, uuid7

__all__ = [
    "CaseInsensitive",
    "Catalog",
    "Database",
    "EmailAddress",
    "Executor",
    "JsonArray",
    "JsonObject",
    "NewSessionCookie",
    "NewUser",
    "Row",
    "RowCount",
    "Sealed",
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
