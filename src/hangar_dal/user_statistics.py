"""User statistics: the number of users, and the number of new and active users per day.

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
    """Return the number of users for each status and type that occurs."""
    ...


@query
async def count_new_users_by_day(db: Executor, *, since: datetime, before: datetime) -> list[UserCountOfDay]:
    """Return the number of users created on each day (UTC), by current status and type.

    `since` is inclusive, `before` is exclusive. Days without users are omitted.
    """
    ...


@query
async def count_active_users_by_day(db: Executor, *, since: datetime, before: datetime) -> list[UserCountOfDay]:
    """Return the number of users whose last sign-in was on each day (UTC), by current status and type.

    Each user counts once, on the day of the last sign-in. `since` is inclusive, `before` is exclusive.
    """
    ...
