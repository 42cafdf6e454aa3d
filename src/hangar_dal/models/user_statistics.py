"""How many users there are, by status and type, and by day."""

from datetime import date

from hangar_dal.models.row import Row
from hangar_dal.models.users import UserStatus, UserType


class UserCount(Row):
    """How many users have this status and this type."""

    status: UserStatus
    user_type: UserType
    users: int


class UserCountOfDay(Row):
    """How many users of this status and type belong to a day in UTC."""

    status: UserStatus
    user_type: UserType
    day: date
    users: int
