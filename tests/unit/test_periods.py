"""When billing periods end, and what parts of them cost."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from hangar_dal.errors import InvalidValue
from hangar_dal.periods import IntervalUnit, share, shifted


def day(year: int, month: int, number: int) -> datetime:
    return datetime(year, month, number, 23, 59, 59, 999999, tzinfo=UTC)


def test_months_are_counted_from_the_anchor_day() -> None:
    at = day(2027, 1, 31)
    ends = []
    for _ in range(4):
        at = shifted(at, IntervalUnit.MONTH, 1, anchor_day=31)
        ends.append(at)
    assert ends == [day(2027, 2, 28), day(2027, 3, 31), day(2027, 4, 30), day(2027, 5, 31)]


def test_years_keep_the_leap_day_where_there_is_one() -> None:
    at = day(2028, 2, 29)
    assert shifted(at, IntervalUnit.YEAR, 1, anchor_day=29) == day(2029, 2, 28)
    assert shifted(day(2029, 2, 28), IntervalUnit.YEAR, 3, anchor_day=29) == day(2032, 2, 29)


def test_days_and_weeks_have_a_fixed_length() -> None:
    assert shifted(day(2028, 2, 28), IntervalUnit.DAY, 2, anchor_day=28) == day(2028, 3, 1)
    assert shifted(day(2028, 2, 28), IntervalUnit.WEEK, 2, anchor_day=28) == day(2028, 3, 13)


def test_going_back_leads_to_where_a_period_began(seed: int) -> None:
    random = Random(seed)
    for _ in range(500):
        unit, count, anchor = random.choice(list(IntervalUnit)), random.randint(1, 14), random.randint(1, 31)
        start = shifted(day(2027, 3, 1), IntervalUnit.MONTH, random.randint(0, 40), anchor_day=anchor)
        end = shifted(start, unit, count, anchor_day=anchor)
        assert end > start
        assert shifted(end, unit, -count, anchor_day=anchor) == start


@pytest.mark.parametrize("unit", [IntervalUnit.DAY, IntervalUnit.YEAR])
def test_nothing_ends_after_the_year_9999(unit: IntervalUnit) -> None:
    with pytest.raises(InvalidValue, match="year 10000"):
        shifted(day(9999, 12, 31), unit, 1, anchor_day=31)


def test_shares_are_rounded_down_and_never_more_than_the_whole(seed: int) -> None:
    random = Random(seed)
    month = timedelta(days=31)
    for _ in range(500):
        amount, left = (
            random.randint(0, 10**15),
            timedelta(microseconds=random.randint(0, month // timedelta.resolution)),
        )
        exact = amount * (left // timedelta.resolution) / (month // timedelta.resolution)
        assert share(amount, left, month) == pytest.approx(exact, abs=1)
        assert share(amount, left, month) + share(amount, month - left, month) in (amount, amount - 1)
    assert (share(100, timedelta(0), month), share(100, month, month)) == (0, 100)
    assert share(100, timedelta(0), timedelta(0)) == 0
