"""The same value goes into both databases and comes back equal, or is refused alike before anything is sent."""

import math
from asyncio import Runner
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from secrets import token_hex
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hangar_dal import Database
from hangar_dal.errors import InvalidValue
from tests.shop import samples
from tests.shop.models import Colour, Line, Sample, Shape, Size

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=False)
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45)), timezone(-timedelta(hours=9, minutes=30))])
INSTANT = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=ZONES)  # noqa: DTZ001
JSON_REAL = st.floats(-1e15, 1e15)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | JSON_REAL | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)
COMMON = {
    "id": st.uuids(),
    "text": TEXT,
    "whole": WHOLE,
    "flag": st.booleans(),
    "key": st.none() | st.uuids(),
    "at": st.none() | INSTANT,
    "day": st.none() | st.dates(),
    "words": st.lists(TEXT, max_size=4),
    "numbers": st.lists(st.none() | WHOLE, max_size=4),
    "keys": st.lists(st.uuids(), max_size=3),
    "times": st.lists(INSTANT, max_size=3),
    "colour": st.sampled_from(Colour),
    "size": st.sampled_from(Size),
    "shape": st.sampled_from(Shape),
    "side": st.sampled_from(["left", "right"]),
}
SAMPLES = st.builds(Sample, **COMMON, real=REAL, data=st.binary(max_size=20), doc=st.none() | JSON)
LINES = st.builds(Line, **COMMON, real=st.floats(allow_nan=False, allow_infinity=False), doc=st.none() | JSON)
SCALARS = ("text", "whole", "real", "flag", "data", "key", "at", "day", "doc", "times", "colour", "size", "shape")

EXAMPLES = pytest.mark.parametrize("examples", [50, pytest.param(2000, marks=pytest.mark.long)])


def alike(found: object, given: object) -> bool:
    """Equal, and of the same type all the way down: `1 == True == 1.0` is not enough."""
    if isinstance(given, datetime):
        return found == given and isinstance(found, datetime) and found.tzinfo is UTC
    if isinstance(given, dict) and isinstance(found, dict):
        return found.keys() == given.keys() and all(alike(found[key], given[key]) for key in given)
    if isinstance(given, list) and isinstance(found, list):
        return len(found) == len(given) and all(map(alike, found, given))
    return type(found) is type(given) and found == given


def values(row: Sample | Line) -> dict[str, Any]:
    return {name: getattr(row, name) for name in type(row).model_fields}


@EXAMPLES
def test_every_value_comes_back_equal(calls: Runner, loop_database: Database, examples: int) -> None:
    @given(SAMPLES)
    @settings(max_examples=examples)
    def comes_back(sample: Sample) -> None:
        async def there_and_back() -> None:
            assert alike(values(await samples.insert_sample(loop_database, sample)), values(sample))
            assert alike(values(await samples.get_sample(loop_database, sample.id)), values(sample))
            for name in SCALARS:
                assert alike(await getattr(samples, f"read_{name}")(loop_database, sample.id), getattr(sample, name))
            await samples.forget_sample(loop_database, sample.id)

        calls.run(there_and_back())

    comes_back()


@EXAMPLES
def test_many_rows_at_once_come_back_equal(calls: Runner, loop_database: Database, examples: int) -> None:
    @given(st.lists(LINES, min_size=1, max_size=4, unique_by=lambda line: line.id))
    @settings(max_examples=examples)
    def come_back(lines: list[Line]) -> None:
        async def there_and_back() -> None:
            assert await samples.insert_lines(loop_database, lines) == len(lines)
            found = await samples.list_samples(loop_database, [line.id for line in lines])
            by_id = {sample.id: sample for sample in found}
            for line in lines:
                back = values(by_id[line.id])
                assert back.pop("data") == b""
                assert alike(back, values(line))
                await samples.forget_sample(loop_database, line.id)

        calls.run(there_and_back())

    come_back()


AWKWARD = [
    "",
    " ",
    "'",
    '"',
    "\\",
    "%s",
    "$1",
    ":x",
    "{a,b}",
    "NULL",
    "null",
    "\n",
    "العربية",
    "日本",
    "👩\u200d👧",
    "\ufeff",
]


async def test_the_edges_come_back_equal(shop_database: Database) -> None:
    for real in (math.inf, -math.inf, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 2.0**53 + 2):
        sample = await samples.insert_sample(shop_database, Sample(real=real))
        assert sample.real == real
        assert math.copysign(1, sample.real) == math.copysign(1, real + 0.0)
    for whole in (2**63 - 1, -(2**63)):
        edge = Sample(whole=whole, numbers=[whole, None], doc={"n": [whole]})
        assert await samples.insert_sample(shop_database, edge) == edge
    for at in (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        edge = Sample(at=at, times=[at], day=at.date())
        assert await samples.insert_sample(shop_database, edge) == edge
    for text in AWKWARD:
        edge = Sample(text=text, words=[text, text], doc=text)
        assert await samples.insert_sample(shop_database, edge) == edge


NAIVE = datetime(2030, 1, 1)  # noqa: DTZ001
SECRET = f"secret{token_hex(12)}"
FAR_EAST = timezone(timedelta(hours=14))
DEEP: Any = []
for _ in range(70):
    DEEP = [DEEP]
Other = Enum("Other", {"ROUND": "round"})


class Text(str):
    __slots__ = ()


INVALID: list[tuple[str, Any, str]] = [
    ("text", f"{SECRET}\0", "text must not contain the NUL character"),
    ("text", f"{SECRET}\ud800", "text must not contain a lone surrogate"),
    ("text", 1, "expected str, got int"),
    ("text", None, "must not be None"),
    ("text", Text("x"), "expected str, got Text"),
    ("text", b"x", "expected str, got bytes"),
    ("whole", 2**63, "an integer must fit in 64 bits"),
    ("whole", -(2**63) - 1, "an integer must fit in 64 bits"),
    ("whole", True, "expected int, got bool"),
    ("whole", 1.0, "expected int, got float"),
    ("whole", SECRET, "expected int, got str"),
    ("real", math.nan, "a number must not be NaN"),
    ("real", SECRET, "expected float, got str"),
    ("real", True, "expected float, got bool"),
    ("real", 2**64, "an integer must fit in 64 bits"),
    ("flag", 1, "expected bool, got int"),
    ("flag", None, "must not be None"),
    ("data", SECRET, "expected bytes, got str"),
    ("data", bytearray(b"x"), "expected bytes, got bytearray"),
    ("key", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "expected uuid.UUID, got str"),
    ("key", SECRET, "expected uuid.UUID, got str"),
    ("at", NAIVE, "a datetime must be aware"),
    ("at", SECRET, "expected datetime, got str"),
    ("at", date(2030, 1, 1), "expected datetime, got date"),
    ("at", datetime(1, 1, 1, tzinfo=FAR_EAST), "a datetime must be within the years 1 to 9999"),
    ("day", datetime(2030, 1, 1, tzinfo=UTC), "expected date, got datetime"),
    ("day", "2030-01-01", "expected date, got str"),
    ("doc", {"a": math.nan}, "a JSON number must be finite"),
    ("doc", {"a": 1e16}, "a JSON number must be finite, and a float within"),
    ("doc", [2**63], "an integer must fit in 64 bits"),
    ("doc", {f"{SECRET}\0": 1}, "text must not contain the NUL character"),
    ("doc", ["\udfff"], "text must not contain a lone surrogate"),
    ("doc", {1: 2}, "a key of a JSON object must be text"),
    ("doc", {"a": {1, 2}}, "set is not JSON"),
    ("doc", {"a": NAIVE}, "datetime is not JSON"),
    ("doc", (1, 2), "tuple is not JSON"),
    ("doc", DEEP, "JSON must not be nested deeper"),
    ("doc", "x" * (1 << 20), "JSON must not be larger"),
    ("words", SECRET, "expected a list, got str"),
    ("words", b"ab", "expected a list, got bytes"),
    ("words", {"a": 1}, "expected a list, got dict"),
    ("words", 7, "expected a list, got int"),
    ("words", None, "must not be None"),
    ("words", ["a", None], "expected str, got NoneType"),
    ("words", ["a", 1], "expected str, got int"),
    ("words", ["\0"], "text must not contain the NUL character"),
    ("numbers", [1, 2**63], "an integer must fit in 64 bits"),
    ("numbers", [1.5], "expected int, got float"),
    ("keys", [SECRET], "expected uuid.UUID, got str"),
    ("times", [NAIVE], "a datetime must be aware"),
    ("colour", SECRET, "expected Colour, got str"),
    ("colour", Other.ROUND, "expected Colour, got Other"),
    ("size", 1, "expected Size, got int"),
    ("shape", "round", "expected Shape, got str"),
    ("side", SECRET, "must be one of 'left', 'right'"),
    ("side", Text("left"), "must be one of 'left', 'right'"),
]


async def test_an_invalid_value_is_refused_before_anything_is_sent(
    shop_database: Database, subtests: pytest.Subtests
) -> None:
    for number, (field, value, reason) in enumerate(INVALID):
        wrong = Sample().model_copy(update={field: value})
        with subtests.test(number=number, field=field):
            async with shop_database.transaction() as tx:
                with pytest.raises(InvalidValue) as error:
                    await samples.insert_sample(tx, wrong)
                assert str(error.value).startswith(f"{field}: {reason}")
                assert SECRET not in str(error.value)
                # Had anything been sent and refused, the transaction would be lost.
                assert await samples.count_samples(tx) == 0


IN_A_ROW = [
    *[case for case in INVALID if case[0] in Line.model_fields and case[0] != "doc"],
    ("real", math.inf, "a number in a list must be finite"),
    ("doc", {"a": math.nan}, "a JSON number must be finite"),
]


async def test_an_invalid_value_in_one_row_refuses_all_of_them(
    shop_database: Database, subtests: pytest.Subtests
) -> None:
    for number, (field, value, reason) in enumerate(IN_A_ROW):
        rows = [Line(), Line().model_copy(update={field: value})]
        with subtests.test(number=number, field=field):
            async with shop_database.transaction() as tx:
                with pytest.raises(InvalidValue) as error:
                    await samples.insert_lines(tx, rows)
                assert str(error.value).startswith(f"{field}: {reason}")
                assert await samples.count_samples(tx) == 0


async def test_an_argument_of_a_wrong_type_is_named(shop_database: Database) -> None:
    with pytest.raises(InvalidValue, match=r"^id: expected uuid.UUID, got str$"):
        await samples.get_sample(shop_database, str(UUID(int=1)))
    with pytest.raises(InvalidValue, match=r"^ids: expected uuid.UUID, got str$"):
        await samples.list_samples(shop_database, ["x"])
    with pytest.raises(InvalidValue, match=r"^limit: expected int, got str$"):
        await samples.page_samples(shop_database, limit="1")


@EXAMPLES
def test_only_what_both_databases_refuse_is_refused(calls: Runner, loop_database: Database, examples: int) -> None:
    """Any text at all: either it comes back equal, or it is refused with nothing changed."""

    @given(st.text(max_size=10))
    @settings(max_examples=examples)
    def decided(text: str) -> None:
        async def there_and_back() -> None:
            before = await samples.count_samples(loop_database)
            try:
                sample = await samples.insert_sample(loop_database, Sample().model_copy(update={"text": text}))
            except InvalidValue:
                assert "\0" in text or any("\ud800" <= char <= "\udfff" for char in text)
                assert await samples.count_samples(loop_database) == before
            else:
                assert sample.text == text

        calls.run(there_and_back())

    decided()
