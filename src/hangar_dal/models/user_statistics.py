"""Numbers of users by status, type and day."""

from datetime import date

from hangar_dal.models.row import Row
from hangar_dal.models.users import UserStatus, UserType


class UserCount(Row):
    """The number of users with this status and type."""

    status: UserStatus
    user_type: UserType
    users: int


class UserCountOfDay(Row):
    """The number of users with this status and type on a day (UTC)."""

    status: UserStatus
    user_type: UserType
    day: date
    users: int
