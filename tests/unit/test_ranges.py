"""Ranges have the form in which PostgreSQL returns them, so that equal ranges are equal."""

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from hangar_dal import Multirange, Range
from hangar_dal.database.checks import checker
from hangar_dal.database.kinds import BY_NAME
from hangar_dal.database.types import value_type
from hangar_dal.errors import InvalidValue
from hangar_dal.postgresql_types import HStore
from hangar_dal.ranges import parse_multirange, parse_range, range_text

BOUNDS = st.sampled_from(["[)", "(]", "[]", "()"])
NUMBERS = st.none() | st.integers(-5, 5)
FRACTIONS = st.none() | st.sampled_from([Decimal("0.5"), Decimal(1), Decimal(2), Decimal("2.5")])


def ranges(ends: st.SearchStrategy[Any]) -> st.SearchStrategy[Range[Any]]:
    def made(lower: Any, upper: Any, bounds: Any) -> Range[Any]:
        is_swapped = lower is not None and upper is not None and lower > upper
        return Range(upper, lower, bounds) if is_swapped else Range(lower, upper, bounds)

    return st.builds(made, ends, ends, BOUNDS) | st.just(Range.empty())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Range(1, 5), Range(0, 4, "(]")),
        (Range(1, 5), Range(1, 4, "[]")),
        (Range(date(2030, 1, 1), date(2030, 2, 1)), Range(date(2030, 1, 1), date(2030, 1, 31), "[]")),
        (Range(3, 3), Range.empty()),
        (Range(3, 4, "()"), Range.empty()),
        (Range(Decimal(1), Decimal(1), "(]"), Range.empty()),
        (Range(None, 3, "[]"), Range(None, 4)),
    ],
)
def test_equal_ranges_are_equal(one: Range[Any], other: Range[Any]) -> None:
    assert one == other
    assert hash(one) == hash(other)


@pytest.mark.parametrize("value", [Range(1, 5), Range.empty(), Range(None, 2.5, "(]"), Multirange([Range(1, 2)])])
def test_a_range_is_a_value(value: Any) -> None:
    assert pickle.loads(pickle.dumps(value)) == copy.deepcopy(value) == eval(repr(value)) == value
    with pytest.raises(AttributeError):
        value.lower = 7


def test_bounds_in_the_wrong_order_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be above"):
        Range(2, 1)
    with pytest.raises(ValueError, match="the bounds of a range are one of"):
        Range(1, 2, "[[")  # type: ignore[arg-type]


@given(ranges(NUMBERS), NUMBERS.filter(lambda each: each is not None))
def test_a_range_contains_the_values_between_its_bounds(found: Range[int], value: Any) -> None:
    above = found.lower is None or value >= found.lower
    below = found.upper is None or value < found.upper
    assert (value in found) is (bool(found) and above and below)


@given(ranges(FRACTIONS))
def test_a_range_is_read_as_it_was_written(found: Range[Decimal]) -> None:
    assert parse_range(range_text(found, str), Decimal) == found


@given(st.lists(ranges(FRACTIONS), max_size=4), st.sampled_from([Decimal(n) / 4 for n in range(12)]))
def test_a_multirange_has_the_values_of_its_ranges_without_gaps(given_: list[Range[Decimal]], value: Decimal) -> None:
    found = Multirange(given_)
    assert any(value in each for each in found) is any(value in each for each in given_)
    assert Multirange(reversed(given_)) == found
    text = BY_NAME["nummultirange"].text(found)
    assert parse_multirange(text, Decimal) == found


@pytest.mark.parametrize("text", ["", "(1,2", "[1;2)", "x", "[a,b)"])
def test_other_text_is_no_range(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a range|invalid literal"):
        parse_range(text, int)


@pytest.mark.parametrize(
    ("annotation", "value", "message"),
    [
        (Range[int], (1, 2), "it: expected Range, got tuple"),
        (Range[int], Range(Decimal(1), None), "it: expected int, got Decimal"),
        (Range[int], Range(2**64, None), "it: an integer must fit in 64 bits"),
        (Range[datetime], Range(datetime(2030, 1, 1), None), "it: a datetime must be aware"),  # noqa: DTZ001
        (Multirange[date], [Range(date.min, None)], "it: expected Multirange, got list"),
        (Multirange[date], Multirange([Range(1, 2)]), "it: expected date, got int"),
    ],
)
def test_a_range_of_other_values_is_refused_before_it_is_sent(annotation: Any, value: Any, message: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        checker(value_type(annotation, ("postgresql",)))("it", value)
    assert str(refused.value).startswith(message)


def test_a_model_validates_the_bounds() -> None:
    class Booking(BaseModel):
        days: Range[date]
        others: Multirange[int] = Multirange()

    with pytest.raises(ValidationError):
        Booking(days=Range("a", "b"))  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="Input should be a Range"):
        Booking(days="[2030-01-01,)")  # type: ignore[arg-type]
    with pytest.raises(ValidationError, match="Input should be a Multirange"):
        Booking(days=Range(), others=[Range(1, 2)])  # type: ignore[arg-type]
    assert date(2030, 1, 1) in Booking(days=Range(date(2030, 1, 1), None)).days


def test_an_instant_is_sent_in_utc() -> None:
    value = Range(datetime(2030, 1, 1, tzinfo=UTC), None)
    assert checker(value_type(Range[datetime], ("postgresql",)))("it", value) == value


@given(st.dictionaries(st.text(max_size=5), st.none() | st.text(max_size=5), max_size=4))
def test_an_hstore_is_read_as_it_was_written(pairs: dict[str, str | None]) -> None:
    marker = HStore.__metadata__[0]  # type: ignore[attr-defined]
    assert marker.load(marker.dump(pairs)) == pairs
