"""Compute when billing periods end and what a part of a period costs.

Pure functions. Months are counted from an anchor day: a period that begins on 31 January ends on 28 or 29 February, and
the next one on 31 March.
"""

from calendar import monthrange
from datetime import MAXYEAR, datetime, timedelta
from enum import StrEnum
from typing import Final

from hangar_dal.errors import InvalidValue, raise_alone

_MICROSECOND: Final = timedelta(microseconds=1)
_DAYS: Final = {"DAY": 1, "WEEK": 7}
_MONTHS: Final = {"MONTH": 1, "YEAR": 12}


class IntervalUnit(StrEnum):
    """The unit of a billing interval."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    YEAR = "YEAR"


def shifted(at: datetime, unit: IntervalUnit, count: int, *, anchor_day: int) -> datetime:
    """Return the instant `count` units later, or earlier if `count` is negative, at the same time of day (UTC).

    Months and years end on the anchor day, or on the last day of a shorter month.
    """
    try:
        if unit in _DAYS:
            return at + timedelta(days=_DAYS[unit] * count)
        months = at.year * 12 + at.month - 1 + _MONTHS[unit] * count
        year, month = months // 12, months % 12 + 1
        if 1 <= year <= MAXYEAR:
            return at.replace(year=year, month=month, day=min(anchor_day, monthrange(year, month)[1]))
    except OverflowError:
        raise_alone(InvalidValue("period: must end before the year 10000"))
    raise InvalidValue("period: must end before the year 10000")


def share(amount: int, part: timedelta, whole: timedelta) -> int:
    """Return what a part of a period costs, rounded down to minor units: never more than the exact share."""
    return amount * (part // _MICROSECOND) // (whole // _MICROSECOND) if whole else 0
