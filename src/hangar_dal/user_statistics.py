"""Statistics of users: how many there are, and how many were new or active on each day.

`from hangar_dal import user_statistics`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`.
"""
# mypy: disable-error-code="empty-body"

from datetime import datetime

from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Executor
from hangar_dal.models.user_statistics import UserCount as UserCount
from hangar_dal.models.user_statistics import UserCountOfDay as UserCountOfDay

query = ACCOUNTS.query


@query
async def count_users_by_status_and_type(db: Executor) -> list[UserCount]:
    """How many users there are of each status and type that occurs."""
    ...


@query
async def count_new_users_by_day(db: Executor, *, since: datetime, before: datetime) -> list[UserCountOfDay]:
    """How many users were created on each day in UTC, by their present status and type.

    `since` is included, `before` is not. A day without users is left out.
    """
    ...


@query
async def count_active_users_by_day(db: Executor, *, since: datetime, before: datetime) -> list[UserCountOfDay]:
    """How many users signed in for the last time on each day in UTC, by their present status and type.

    A user counts once, on the day of the last sign-in. `since` is included, `before` is not.
    """
    ...
