"""The values of the kinds that only PostgreSQL has."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Interface, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import IPvAnyAddress, NaiveDatetime

from hangar_dal.database.checks import checker
from hangar_dal.database.kinds import BY_NAME, parse_interval
from hangar_dal.database.types import value_type
from hangar_dal.errors import InvalidValue


@given(st.timedeltas())
def test_an_interval_is_read_as_it_was_written(value: timedelta) -> None:
    assert parse_interval(BY_NAME["interval"].text(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("00:00:00", timedelta(0)),
        ("1 day", timedelta(days=1)),
        ("-2 days", timedelta(days=-2)),
        ("-1 days +23:59:58.5", timedelta(days=-1, hours=23, minutes=59, seconds=58, microseconds=500_000)),
        ("-00:00:00.000001", timedelta(microseconds=-1)),
        ("1 day -01:00:00", timedelta(hours=23)),
        ("2562047788:00:54.775807", timedelta(hours=2562047788, seconds=54, microseconds=775807)),
    ],
)
def test_an_interval_of_postgresql_is_read(text: str, value: timedelta) -> None:
    assert parse_interval(text) == value


@pytest.mark.parametrize(
    "text", ["1 mon", "-1 years -2 mons +3 days -04:05:06", "1 year 1 day", "", "soon", "infinity"]
)
def test_an_interval_with_months_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="an interval with months or years"):
        parse_interval(text)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (Decimal, 1, "expected Decimal, got int"),
        (Decimal, Decimal("NaN"), "a number must not be infinite or NaN"),
        (Decimal, Decimal("-Infinity"), "a number must not be infinite or NaN"),
        (Decimal, Decimal("1E-16384"), "at most 131072 digits before the decimal point and 16383 after it"),
        (Decimal, Decimal("1E+131072"), "at most 131072 digits before the decimal point and 16383 after it"),
        (timedelta, 1, "expected timedelta, got int"),
        (time, time(1, tzinfo=UTC), "must not have a time zone"),
        (NaiveDatetime, datetime(2030, 1, 1, tzinfo=UTC), "must not have a time zone"),
        (IPv4Address, "10.0.0.1", "expected IPv4Address, got str"),
        (IPv4Address, IPv4Interface("10.0.0.1/8"), "expected IPv4Address, got IPv4Interface"),
        (IPv4Address, IPv6Address("::1"), "expected IPv4Address, got IPv6Address"),
        (IPvAnyAddress, 1, "expected IPv4Address or IPv6Address, got int"),
        (IPv4Address | IPv6Address, None, "expected IPv4Address or IPv6Address, got NoneType"),
    ],
)
def test_a_value_of_another_type_is_refused_before_it_is_sent(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(InvalidValue, match=f"^it: .*{message}"):
        checker(value_type(annotation, ("postgresql",)))("it", value)


@pytest.mark.parametrize("value", [Decimal("1E-16383"), Decimal("9E+131071"), Decimal("-0")])
def test_the_largest_numbers_are_accepted(value: Decimal) -> None:
    assert checker(value_type(Decimal, ("postgresql",)))("it", value) is value
