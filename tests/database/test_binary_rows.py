"""The first result of a statement is in PostgreSQL's text format, later ones may be binary: their values are equal."""

from collections.abc import AsyncIterator
from typing import Final

import pytest
from pydantic import JsonValue

from hangar_dal import Database, JsonObject, PostgresType, Row, Settings, adhoc, open_database
from hangar_dal.database import Statement
from hangar_dal.database.statement import UNREADABLE
from tests.database.ledger import run

BINARY: Final = {
    "bool": ["true", "'{t,f,NULL}'::bool[]"],
    "bytea": [r"'\x00ff'::bytea", r"ARRAY['\x00'::bytea, NULL]"],
    "bpchar": ["'ab'::char(5)", "ARRAY['ab'::char(5)]"],
    "date": ["'0001-01-01'::date", "'9999-12-31'::date", "'{2020-01-02,NULL}'::date[]"],
    "float8": ["'NaN'::float8", "'-Infinity'::float8", "0.1::float8", "'-0'::float8", "'{5e-324,NULL}'::float8[]"],
    "int2": ["'-32768'::int2", "'{1,NULL}'::int2[]"],
    "int4": ["'-2147483648'::int4", "'[2:3]={1,2}'::int4[]", "'{{1,2},{3,4}}'::int4[]"],
    "int8": ["'-9223372036854775808'::int8", "'{9223372036854775807,NULL}'::int8[]"],
    "json": ["""'{"a": [1, 1.5, "ü", null]}'::json""", "ARRAY['{}'::json]"],
    "jsonb": ["""'{"a": [1, 1.5, "ü", null]}'::jsonb""", "'null'::jsonb", "ARRAY['{}'::jsonb, NULL]"],
    "name": ["'größe'::name"],
    "numeric": ["1.10", "'NaN'::numeric", "'-0.00'::numeric", "1e30::numeric", "1e-20::numeric", "ARRAY[1.50, NULL]"],
    "oid": ["4294967295::oid"],
    "text": ["'größe'::text", "''::text", """ARRAY['', 'NULL', NULL, '"', '{,}', E'\\\\']"""],
    "time": ["'23:59:59.999999'::time", "ARRAY['03:04'::time]"],
    "timestamp": ["'0001-01-01 00:00'::timestamp", "ARRAY['9999-12-31 23:59:59.999999'::timestamp]"],
    "timestamptz": ["'0001-01-01 00:00+00'::timestamptz", "ARRAY['9999-12-31 23:59:59.999999+00'::timestamptz, NULL]"],
    "uuid": ["'00000000-0000-0000-0000-000000000001'::uuid", "ARRAY['ffffffff-0000-0000-0000-000000000001'::uuid]"],
    "varchar": ["'größe'::varchar", "ARRAY['ab'::varchar]"],
}
TEXT: Final = [
    *("1.1::float4", "'{1.1}'::float4[]", "'2 days'::interval", "'1 month'::interval", "'{2 days}'::interval[]"),
    *("B'101'", "'1'::money", "point '(1,2)'", "'<a/>'::xml", "'(1,a)'::pair", "'b'::level", "'{b,NULL}'::level[]"),
    "row(1, 'a')",
]


@pytest.fixture
async def db(postgres_url: str, anyio_backend: str) -> AsyncIterator[Database]:
    async with open_database(Settings(database_url=postgres_url)) as db:
        await run(db, "CREATE TYPE level AS ENUM ('a', 'b')")
        await run(db, "CREATE TYPE pair AS (number int, word text)")
        yield db


@pytest.mark.pooled
async def test_values_are_equal_in_both_formats(db: Database) -> None:
    for name, values in BINARY.items():
        for value in values:
            statement = Statement("the_query", f"SELECT {value} AS found, NULL::{name} AS nothing", writes=False)
            first = await db.run(statement, ())
            assert statement.is_binary, value
            for _ in range(7):  # psycopg prepares the statement after five runs
                assert repr(await db.run(statement, ())) == repr(first), value


@pytest.mark.parametrize("value", ["'infinity'::timestamptz", "'5874897-12-31'::date", "'24:00'::time"])
async def test_values_that_python_cannot_hold_are_unreadable_in_both_formats(db: Database, value: str) -> None:
    statement = Statement("the_query", f"SELECT 1 AS n, {value} AS found", writes=False, expects_gaps=True)
    for _ in range(3):
        assert await db.run(statement, ()) == ([(1, UNREADABLE)], 1)
        assert statement.is_binary


@pytest.mark.parametrize("value", TEXT)
async def test_a_column_whose_values_would_differ_keeps_the_text_format(db: Database, value: str) -> None:
    statement = Statement("the_query", f"SELECT 1 AS n, {value} AS found", writes=False, expects_gaps=True)
    first = await db.run(statement, ())
    assert not statement.is_binary
    statement.is_binary = True  # as if the column had had another type at the first run
    assert repr(await db.run(statement, ())) == repr(first)
    assert not statement.is_binary


async def test_a_write_keeps_the_text_format(db: Database) -> None:
    """It could not be repeated if the type of a column had changed."""
    await run(db, "CREATE TABLE made (id int)")
    statement = Statement("the_query", "INSERT INTO made VALUES (1) RETURNING id", writes=True)
    for _ in range(2):
        assert await db.run(statement, ()) == ([(1,)], 1)
        assert not statement.is_binary


async def test_the_chunks_of_a_stream_are_equal_in_both_formats(db: Database) -> None:
    text = "SELECT n, n / 7.0::float8 AS part, jsonb_build_object('n', n) AS doc FROM generate_series(1, 50) AS n"
    statement = Statement("the_query", text, writes=False)
    async with db.stream(statement, (), chunk=10) as chunks:
        streamed = [row async for chunk in chunks for row in chunk]
    assert repr((streamed, 50)) == repr(await db.run(statement, ()))


class Document(Row):
    body: JsonObject
    note: JsonValue


async def test_a_text_that_looks_like_json_stays_a_text(db: Database) -> None:
    text = """SELECT CAST('{"a": 1}' AS jsonb) AS body, CAST('[1]' AS text) AS note"""
    for _ in range(3):
        assert await adhoc.fetch(db, text, Document) == Document(body={"a": 1}, note="[1]")


async def test_a_lent_connection_returns_parsed_json(db: Database) -> None:
    await run(db, "SELECT 1")
    async with db.driver() as driver:
        cursor = await driver.execute("""SELECT CAST('{"a": 1}' AS jsonb)""")
        assert await cursor.fetchone() == ({"a": 1},)


def test_load_of_a_marked_type_is_given_parsed_json() -> None:
    pytest.importorskip("psycopg")
    from hangar_dal.database.postgresql.texts import JsonText, decode  # noqa: PLC0415
    from hangar_dal.database.types import ValueType  # noqa: PLC0415

    value = ValueType(
        "as:json", postgres=PostgresType("jsonb", dump=str, load=lambda raw: raw), dialects=("postgresql",)
    )
    load = decode(value)
    assert load is not None
    assert load(JsonText(b'{"a": 1}')) == {"a": 1}
    assert load([JsonText(b"[1]"), None]) == [[1], None]
    assert load("[1]") == "[1]"
