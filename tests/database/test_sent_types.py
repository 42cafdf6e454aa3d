"""The type that PostgreSQL sees for each kind of value: the one in the table, whatever the value."""

import math
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Address, IPv4Network, IPv6Interface, IPv6Network
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import AsyncRawCursor
from psycopg.adapt import PyFormat, Transformer

from hangar_dal.database.codecs import codec_of
from hangar_dal.database.kinds import decimal_kind
from hangar_dal.database.postgresql.codec import adapt
from hangar_dal.database.postgresql.sent import OIDS, TYPES, sent_type
from hangar_dal.database.stored import MAX_DIGITS
from hangar_dal.ranges import Multirange, Range
from hangar_dal.sqlblock import Line, Variant

EARLY = datetime(1, 1, 1, tzinfo=UTC)
LATE = datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)
SAMPLES: dict[str, list[Any]] = {
    "text": ["", "x", "größe", "{}"],
    "int": [0, 1, -(2**15), 2**31, 2**63 - 1, -(2**63)],
    "bool": [True, False],
    "float": [0.0, 1.5, math.inf, -math.inf, 5e-324],
    "bytes": [b"", b"\0\xff"],
    "uuid": [UUID(int=0), UUID(int=2**128 - 1)],
    "instant": [EARLY, LATE],
    "date": [date.min, date.max],
    "json": ["{}", "[]", "null", '"x"', "1", "false"],
    "list:text": [
        [],
        [None],
        ["", "NULL", "null", "a,b", "{}", '"', "\\", '\\"', " ", "\n", "größe"],
    ],
    "list:int": [[], [None], [2**63 - 1, -(2**63), 0, None]],
    "list:bool": [[], [None], [True, False]],
    "list:float": [[], [None], [0.5, 5e-324, 1.7976931348623157e308]],
    "list:uuid": [[], [None], [UUID(int=0), UUID(int=7)]],
    "list:instant": [[], [None], [EARLY, LATE]],
    "list:date": [[], [None], [date.min, date.max]],
    "list:bytes": [[], [None], [b"", b'\0\\"']],
    "list:label": [[], [None], ["", "NULL", "a,b", '\\"']],
    "numeric": [Decimal(0), Decimal("-0.10"), Decimal("1E+300")],
    "interval": [timedelta(0), timedelta.min, timedelta.max, timedelta(microseconds=-1)],
    "time without time zone": [time(0), time.max],
    "timestamp without time zone": [datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)],  # noqa: DTZ001
    "inet": [IPv4Address("10.0.0.1"), IPv6Interface("::1/64")],
    "cidr": [IPv4Network("10.0.0.0/8"), IPv6Network("::/0")],
    "list:numeric": [[], [None], [Decimal("1.5"), Decimal("1E+300")]],
    "list:interval": [[], [None], [timedelta.min, timedelta(seconds=1)]],
    "list:time without time zone": [[], [None], [time(0), time.max]],
    "list:timestamp without time zone": [[], [None], [datetime(1, 1, 1)]],  # noqa: DTZ001
    "list:inet": [[], [None], [IPv4Address("10.0.0.1"), IPv6Interface("::1/64")]],
    "list:cidr": [[], [None], [IPv4Network("10.0.0.0/8")]],
}
# PostgreSQL has one type for Decimals of every scale.
for places in range(MAX_DIGITS + 1):
    greatest = Decimal(10**MAX_DIGITS - 1).scaleb(-places)
    SAMPLES |= {decimal_kind(places): [greatest, -greatest], f"list:{decimal_kind(places)}": [[], [None, greatest]]}
# psycopg reads ranges as its own class, which the codec converts: `tests/check/test_types_of_postgresql` compares them.
RANGES: dict[str, Range[Any]] = {
    "int8range": Range(1, 2**62),
    "numrange": Range(Decimal("1.5"), None),
    "daterange": Range(date(2030, 1, 1), date(2030, 2, 1)),
    "tstzrange": Range(EARLY, LATE, "[]"),
    "tsrange": Range(datetime(1, 1, 1), None),  # noqa: DTZ001
}
for name, range_ in RANGES.items():
    multirange = name.replace("range", "multirange")
    SAMPLES |= {name: [range_, Range.empty()], f"list:{name}": [[], [None], [range_]]}
    SAMPLES |= {multirange: [Multirange([range_])], f"list:{multirange}": [[], [Multirange(), Multirange([range_])]]}


@pytest.fixture
async def connection(empty_postgres_url: str, anyio_backend: str) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await psycopg.AsyncConnection.connect(empty_postgres_url, autocommit=True) as opened:
        adapt(opened)
        await opened.execute("SET TimeZone = 'Asia/Kathmandu'")
        yield opened


def statement(text: str) -> Variant:
    return Variant("postgresql", (Line(text, 1),))


def sent(kind: str, value: Any, text: str = "SELECT :value") -> Any:
    wire = codec_of("postgresql").wire(kind, "value", statement(text))
    return value if wire is None else wire(value)


def test_every_kind_has_samples_and_a_type_that_has_a_number() -> None:
    assert SAMPLES.keys() == TYPES.keys()
    assert set(TYPES.values()) | {"json"} == OIDS.keys()


async def test_the_numbers_are_those_of_the_server(connection: psycopg.AsyncConnection[Any]) -> None:
    for name, number in OIDS.items():
        if name:
            found = await connection.execute("SELECT CAST(%s AS regtype)::oid::int", [name])
            assert await found.fetchone() == (number,)


@pytest.mark.parametrize("kind", SAMPLES)
async def test_each_value_of_a_kind_is_sent_as_its_type(kind: str, connection: psycopg.AsyncConnection[Any]) -> None:
    expected = TYPES[kind]
    for value in SAMPLES[kind]:
        transformer = Transformer(connection)
        transformer.dump_sequence([sent(kind, value)], [PyFormat.AUTO])
        assert transformer.types == (OIDS[expected],), value
        if expected:
            cursor = AsyncRawCursor(connection)
            await cursor.execute("SELECT pg_typeof($1)::text", [sent(kind, value)])
            assert await cursor.fetchone() == (expected,), value


@pytest.mark.parametrize("kind", [kind for kind in SAMPLES if kind != "json" and "range" not in kind])
async def test_each_value_that_is_sent_comes_back_equal(kind: str, connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.execute("SET TimeZone = 'UTC'")
    for value in SAMPLES[kind]:
        cursor = AsyncRawCursor(connection)
        await cursor.execute(
            f"SELECT CAST($1 AS {TYPES[kind] or ('text[]' if 'list' in kind else 'text')})", [sent(kind, value)]
        )
        assert await cursor.fetchone() == (value,)


async def test_none_is_sent_without_a_type(connection: psycopg.AsyncConnection[Any]) -> None:
    transformer = Transformer(connection)
    transformer.dump_sequence([None], [PyFormat.AUTO])
    assert transformer.types == (0,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT :value", "jsonb"),
        ("SELECT jsonb_to_recordset(:value)", "jsonb"),
        ("SELECT json_to_recordset(:value)", "json"),
        ("SELECT pg_catalog.json_to_recordset ( :value )", "json"),
        ('SELECT "json_to_recordset"(:value)', "json"),
        ("SELECT JSON_POPULATE_RECORDSET(NULL::items, /* rows */ :value)", "json"),
        ("SELECT json_to_recordset(:other), :value", "jsonb"),
        ("SELECT json_build_array(1), :value", "jsonb"),
        ("SELECT json_typeof(CAST(:value AS jsonb)::json)", "jsonb"),
        ("SELECT CAST(:value AS json)", "json"),
        ("SELECT :value::json", "json"),
        ("SELECT :value::jsonb", "jsonb"),
        ("SELECT :value -> 'json'", "jsonb"),
        ("SELECT 'json_x(', :value", "jsonb"),
    ],
)
def test_a_document_is_jsonb_except_where_the_statement_takes_json(text: str, expected: str) -> None:
    assert sent_type("json", "value", statement(text)) == expected
    assert sent("json", "{}", text).oid == OIDS[expected]


CALLS = {
    "json_to_recordset": "SELECT n FROM json_to_recordset(:value) AS entry (n bigint)",
    "json_array_elements": "SELECT 1 FROM json_array_elements(:value)",
    "jsonb_to_recordset": "SELECT n FROM jsonb_to_recordset(:value) AS entry (n bigint)",
    "jsonb_array_elements": "SELECT 1 FROM jsonb_array_elements(:value)",
    "jsonb_array_length": "SELECT jsonb_array_length(:value)",
}


@pytest.mark.parametrize("function", CALLS)
async def test_a_planted_overload_does_not_replace_the_function_that_is_meant(
    function: str, connection: psycopg.AsyncConnection[Any]
) -> None:
    await connection.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    for given in ("text", "varchar", "unknown", '"any"', "anyelement"):
        returns = "SETOF record" if function.endswith(("recordset", "elements")) else "integer"
        body = "BEGIN RAISE EXCEPTION 'planted'; END"
        try:
            await connection.execute(
                f"CREATE FUNCTION public.{function}({given}) RETURNS {returns} LANGUAGE plpgsql AS $${body}$$".encode()
            )
        except psycopg.Error:  # not every pseudo-type may be an argument
            continue
    text = CALLS[function]
    cursor = AsyncRawCursor(connection)
    await cursor.execute(statement(text).rewritten(lambda name: "$1"), [sent("json", '[{"n":1}]', text)])
    assert await cursor.fetchall() == [(1,)]
