"""The tables that refer to users. Exporting, erasing and merging each say what they do with every one of them.

A test compares the list with the migrated schema, so that no new table is forgotten.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from hangar_dal import sign_in_failures
from hangar_dal.models.users import User

T = TypeVar("T")

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
    """Return what is decided for each table, in the order of the list. Raises `LookupError` for one that is missing."""
    if unknown := sorted(decisions.keys() ^ set(USER_TABLES)):
        raise LookupError(f"{', '.join(unknown)}: must be in USER_TABLES and in each mapping that is made from it")
    return MappingProxyType({table: decisions[table] for table in USER_TABLES})


def login_keys(user: User) -> list[str]:
    """Return the keys in `sign_in_failures` that belong to a user: of the names to sign in with, and of the codes."""
    logins = [login for login in (user.username, user.email) if login is not None]
    keys = [*map(sign_in_failures.login_key, logins), sign_in_failures.second_factor_key(user.id)]
    return list(dict.fromkeys(keys))
