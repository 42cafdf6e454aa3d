"""The rules of values: what both databases can hold comes back the same, all else is refused by name."""

import json
import math
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic_core import to_json

from hangar_dal import CaseInsensitive, EmailAddress, Row, Searchable, SearchableWords
from hangar_dal.database.json_values import before_to_json, into_json
from hangar_dal.errors import InvalidValue
from hangar_dal.values import (
    INT64_MAX,
    MAX_JSON_BYTES,
    MAX_JSON_DEPTH,
    MAX_JSON_FLOAT,
    check_float,
    check_instant,
    check_int,
    check_text,
    fold,
    instant_text,
    json_text,
    json_value,
    uuid7,
)

storable_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
storable_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-INT64_MAX - 1, INT64_MAX)
    | st.floats(-MAX_JSON_FLOAT, MAX_JSON_FLOAT)
    | storable_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(storable_text, inner, max_size=4),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


class Number(int):
    """Would come back as a plain int."""


class Nowhere(tzinfo):
    """Aware by its class, naive by what it says."""

    def utcoffset(self, _):
        return None


def nested(levels: int, leaf: object = 0) -> object:
    for _ in range(levels):
        leaf = [leaf]
    return leaf


def refusal(check, value: object) -> str:
    with pytest.raises(InvalidValue) as caught:
        check("column", value)
    assert caught.value.__context__ is None
    assert isinstance(caught.value, ValueError)
    assert str(caught.value).startswith("column: ")
    return str(caught.value)


@given(storable_text)
def test_text_comes_back_as_it_is(text: str) -> None:
    assert check_text("column", text) is text


@given(storable_text, st.sampled_from(["\0", "\ud800", "\udfff", "\ud83d"]), storable_text)
def test_text_with_nul_or_a_lone_surrogate_is_refused_everywhere(before: str, bad: str, after: str) -> None:
    text = f"{before}{bad}{after}"
    for check in (check_text, fold, json_text):
        assert ("NUL" if bad == "\0" else "surrogate") in refusal(check, text) or "\0" in text
    refusal(json_text, {text: 1})
    refusal(json_text, [text])


@pytest.mark.parametrize("check", [check_int, lambda name, value: json.loads(json_text(name, value))])
def test_an_integer_has_64_bits(check) -> None:
    for edge in (-INT64_MAX - 1, -1, 0, 1, INT64_MAX):
        assert check("column", edge) == edge
    for beyond in (-INT64_MAX - 2, INT64_MAX + 1, 10**400):
        assert "64 bits" in refusal(check, beyond)


@given(st.floats(allow_nan=False))
@example(-0.0)
def test_a_float_keeps_all_but_the_sign_of_zero(value: float) -> None:
    kept = check_float("column", value)
    assert kept == value
    assert kept != 0 or math.copysign(1, kept) == 1


def test_nan_is_no_number() -> None:
    assert "NaN" in refusal(check_float, math.nan)
    assert "NaN" in refusal(check_float, -math.nan)


@given(st.datetimes(timezones=st.timezones() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(timezone)))
def test_an_instant_is_the_same_instant_in_utc(value: datetime) -> None:
    try:
        expected = (value - value.utcoffset()).replace(tzinfo=UTC)
    except OverflowError:
        assert "years 1 to 9999" in refusal(check_instant, value)
        return
    kept = check_instant("column", value)
    assert kept.tzinfo is UTC
    assert kept.replace(fold=0) == expected.replace(fold=0)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(datetime(2026, 1, 1), id="naive"),  # noqa: DTZ001  that is the case
        pytest.param(datetime(2026, 1, 1, tzinfo=Nowhere()), id="with a zone that knows no offset"),
    ],
)
def test_a_naive_datetime_is_refused(value: datetime) -> None:
    assert "aware" in refusal(check_instant, value)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(datetime.min.replace(tzinfo=timezone(timedelta(hours=1))), id="before the year 1"),
        pytest.param(datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), id="after the year 9999"),
        pytest.param(datetime.max.replace(tzinfo=ZoneInfo("America/Los_Angeles")), id="after it, in a named zone"),
    ],
)
def test_an_instant_outside_the_years_1_to_9999_is_refused(value: datetime) -> None:
    assert "years 1 to 9999" in refusal(check_instant, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(datetime(1, 1, 1, tzinfo=UTC), "0001-01-01T00:00:00.000000Z", id="the first"),
        pytest.param(datetime.max.replace(tzinfo=UTC), "9999-12-31T23:59:59.999999Z", id="the last"),
        pytest.param(datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), "2026-02-03T04:05:06.000000Z", id="whole seconds"),
    ],
)
def test_an_instant_is_written_in_one_width(value: datetime, text: str) -> None:
    assert instant_text(check_instant("column", value)) == text


@given(
    st.tuples(st.just("instant"), st.datetimes(timezones=st.just(UTC)))
    | st.tuples(
        st.just("instant"), st.datetimes(timezones=st.just(UTC)).map(lambda value: value.replace(microsecond=0))
    )
    | st.tuples(st.just("uuid"), st.uuids())
    | st.tuples(st.just("date"), st.dates())
)
@example(("instant", datetime.min.replace(tzinfo=UTC)))
@example(("instant", datetime.min.replace(microsecond=1, tzinfo=UTC)))
@example(("instant", datetime.max.replace(tzinfo=UTC)))
@example(("date", date.min))
def test_what_is_left_to_the_writer_of_json_gives_the_same_text(given: tuple[str, Any]) -> None:
    kind, value = given
    into, before = into_json(kind), before_to_json(kind)
    assert into is not None
    assert to_json(value if before is None else before(value)) == to_json(into(value))
    several = before_to_json(f"list:{kind}")
    into_several = into_json(f"list:{kind}")
    assert into_several is not None
    values = [value, None]
    assert to_json(values if several is None else several(values)) == to_json(into_several(values))


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=20))
def test_instants_sort_as_text_as_they_do_as_time(values: list[datetime]) -> None:
    texts = [instant_text(value) for value in values]
    assert sorted(texts) == [instant_text(value) for value in sorted(values)]
    assert {len(text) for text in texts} == {27}
    assert [datetime.fromisoformat(text) for text in texts] == values


@given(storable_json)
def test_json_comes_back_as_the_equal_value_from_one_text(value: object) -> None:
    text = json_text("column", value)
    back = json.loads(text)
    assert back == value
    assert repr(json_text("column", back)) == repr(text)


def test_json_value_is_what_json_text_writes() -> None:
    value = {"é": [1, -0.0, True, None, {"b": "x", "a": {}}], "a": {}}
    copy = json_value("column", value)
    assert copy == value
    assert json.dumps(copy, ensure_ascii=False, separators=(",", ":")) == json_text("column", value)
    assert len(to_json(json_value("column", "x" * (MAX_JSON_BYTES - 2)))) == MAX_JSON_BYTES
    for refused in (
        "x" * (MAX_JSON_BYTES - 1),
        "\t" * (MAX_JSON_BYTES // 2),
        {"a": "\0"},
        {"\0": 1},
        {1: 2},
        (1,),
        1e16,
    ):
        assert refusal(json_value, refused) == refusal(json_text, refused)


def test_json_text_is_canonical() -> None:
    assert json_text("column", {"é": [1, -0.0, True, None], "a": {}}) == '{"a":{},"é":[1,0.0,true,null]}'
    assert json_text("column", {"b": 1, "a": 2}) == json_text("column", {"a": 2, "b": 1})


def test_json_is_copied_not_changed() -> None:
    value = {"zero": -0.0}
    json_text("column", value)
    assert math.copysign(1, value["zero"]) == -1


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        pytest.param(math.nan, "finite", id="NaN"),
        pytest.param(math.inf, "finite", id="infinity"),
        pytest.param(-math.inf, "finite", id="minus infinity"),
        pytest.param(math.nextafter(MAX_JSON_FLOAT, math.inf), "1e15", id="a float just too large"),
        pytest.param(-1e16, "1e15", id="a float far below"),
        pytest.param((1, 2), "tuple is not JSON", id="a tuple"),
        pytest.param({1, 2}, "set is not JSON", id="a set"),
        pytest.param(b"bytes", "bytes is not JSON", id="bytes"),
        pytest.param(datetime(2026, 1, 1, tzinfo=UTC), "datetime is not JSON", id="a datetime"),
        pytest.param(Colour.RED, "Colour is not JSON", id="an enum of text"),
        pytest.param(Number(1), "Number is not JSON", id="a kind of int"),
        pytest.param({1: "a"}, "key", id="a number as key"),
        pytest.param({None: "a"}, "key", id="no key"),
        pytest.param({Colour.RED: "a"}, "key", id="an enum as key"),
        pytest.param(nested(MAX_JSON_DEPTH + 1), "deeper than 64", id="too deep"),
        pytest.param({"a": nested(MAX_JSON_DEPTH)}, "deeper than 64", id="too deep, in an object"),
        pytest.param("x" * MAX_JSON_BYTES, "larger than", id="too large"),
        pytest.param("é" * (MAX_JSON_BYTES // 2), "larger than", id="too large in bytes only"),
    ],
)
def test_what_json_or_jsonb_cannot_hold_is_refused_wherever_it_stands(value: object, hint: str) -> None:
    for place in (value, [value], {"key": value}):
        assert hint in refusal(json_text, place)


def test_json_may_be_as_deep_and_as_large_as_the_limits_say() -> None:
    assert json.loads(json_text("column", nested(MAX_JSON_DEPTH))) == nested(MAX_JSON_DEPTH)
    assert len(json_text("column", "x" * (MAX_JSON_BYTES - 2))) == MAX_JSON_BYTES
    assert json_text("column", MAX_JSON_FLOAT) == "1000000000000000.0"


def test_json_that_holds_itself_is_refused() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "deeper" in refusal(json_text, endless)


def test_keys_made_later_sort_later() -> None:
    keys = [uuid7() for _ in range(10_000)]
    assert keys == sorted(set(keys))
    assert {key.version for key in keys} == {7}


@pytest.mark.parametrize("marker", [CaseInsensitive, EmailAddress, Searchable, SearchableWords])
def test_a_marker_that_is_used_as_a_type_says_what_to_write(marker: type) -> None:
    with pytest.raises(TypeError, match=rf"write Annotated\[str, {marker.__name__}\]"):
        type("Named", (Row,), {"__annotations__": {"name": marker}, "__module__": __name__})
    marked = type("Named", (Row,), {"__annotations__": {"name": Annotated[str, marker]}, "__module__": __name__})
    assert marked.model_validate({"name": "ada@example.org"}).model_dump() == {"name": "ada@example.org"}
