"""Statements that no SQL file holds are read, checked and encoded like those of declared queries."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from hangar_dal import Catalog, Database, Row, RowCount, Stream, adhoc, blocking, open_database
from hangar_dal.errors import CatalogError, InvalidValue, NotFound, StatementError, TooManyRows
from hangar_dal.settings import Settings
from tests.shop import letters
from tests.shop.models import Colour, Letter, Sample

AT = datetime(2030, 1, 2, 3, 4, 5, 600, tzinfo=UTC)
ONE = "SELECT id, text, whole FROM samples WHERE text = :text"
LISTED = "SELECT id, text, whole FROM samples ORDER BY text, id"


class Brief(Row):
    id: UUID
    text: str
    whole: int


class Pair(NamedTuple):
    text: str
    words: list[str]


async def test_rows_come_back_as_the_result_says(shop_database: Database, two: list[Sample]) -> None:
    first, second = (Brief(id=each.id, text=each.text, whole=each.whole) for each in two)
    assert await adhoc.fetch(shop_database, ONE, Brief, {"text": "a"}) == first
    assert await adhoc.fetch(shop_database, ONE, Brief | None, {"text": "z"}) is None
    assert await adhoc.fetch(shop_database, LISTED, list[Brief]) == [first, second]
    assert await adhoc.fetch(shop_database, f"\n  {LISTED} ; ", list[Brief], {}) == [first, second]
    assert await adhoc.fetch(shop_database, "SELECT count(*) AS number FROM samples", int) == 2
    words = "SELECT text, words FROM samples WHERE text = :text"
    assert await adhoc.fetch(shop_database, words, Pair, {"text": "a"}) == ("a", ["x", "y"])
    with pytest.raises(NotFound, match=r"^adhoc\.fetch: no row matched$"):
        await adhoc.fetch(shop_database, ONE, Brief, {"text": "z"})
    with pytest.raises(TooManyRows):
        await adhoc.fetch(shop_database, "SELECT text FROM samples", str)


async def test_it_writes_in_and_outside_of_transactions(shop_database: Database, two: list[Sample]) -> None:
    update = "UPDATE samples SET whole = :whole WHERE text = :text"
    assert await adhoc.fetch(shop_database, update, RowCount, {"whole": 3, "text": "a"}) == 1
    with pytest.raises(ZeroDivisionError):
        async with shop_database.transaction() as transaction:
            assert await adhoc.fetch(transaction, update, None, {"whole": 4, "text": "a"}) is None
            raise ZeroDivisionError
    assert (await adhoc.fetch(shop_database, ONE, Brief, {"text": "a"})).whole == 3


async def test_values_of_every_kind_are_sent(shop_database: Database) -> None:
    given = {
        "key": UUID(int=7),
        "at": AT,
        "day": date(2030, 1, 2),
        "flag": True,
        "real": 1.5,
        "data": b"\0\1",
        "colour": Colour.GREEN,
        "doc": {"a": [1]},
        "words": ["b", "a"],
        "keys": {UUID(int=9), UUID(int=8)},
        "times": (AT,),
    }
    columns = ", ".join(["id", "text", "whole", *given, "numbers", "size", "shape", "side"])
    values = ", ".join(f":{name}" for name in columns.split(", "))
    await adhoc.fetch(
        shop_database,
        f"INSERT INTO samples ({columns}) VALUES ({values})",
        None,
        {
            **given,
            "id": UUID(int=1),
            "text": "x",
            "whole": 1,
            "numbers": [],
            "size": 1,
            "shape": "round",
            "side": "left",
        }
        | {"numbers": [1, None]},
    )
    found = await adhoc.fetch(shop_database, "SELECT key, at, day, flag, doc, words, keys FROM samples", Found)
    assert found.model_dump() == {
        **{name: given[name] for name in ("key", "at", "day", "flag", "doc", "words")},
        "keys": [UUID(int=8), UUID(int=9)],
    }


class Found(Row):
    key: UUID
    at: datetime
    day: date
    flag: bool
    doc: dict[str, list[int]]
    words: list[str]
    keys: list[UUID]


async def test_a_model_gives_the_values_of_its_fields(shop_database: Database) -> None:
    insert = "INSERT INTO letters (id, place, secret, hint) VALUES (:id, :place, :secret, :hint)"
    letter = Letter(place="desk", secret={"for": "nobody"})
    await adhoc.fetch(shop_database, insert, None, {"letter": letter})
    assert await letters.find_letter(shop_database, letter.id) == letter
    select = "SELECT id, place, secret, hint FROM letters WHERE id = :id"
    assert await adhoc.fetch(shop_database, select, Letter, {"id": letter.id}) == letter


async def test_a_text_is_compiled_once(shop_database: Database, two: list[Sample]) -> None:
    before = adhoc._compiled.cache_info()
    for text in ("a", "b", "a"):
        await adhoc.fetch(shop_database, f"{ONE} AND 1 = 1", Brief, {"text": text})
    after = adhoc._compiled.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


REFUSED: list[tuple[str, Any, dict[str, Any], str]] = [
    ("SELECT * FROM samples WHERE id = :id", Brief, {"id": UUID(int=1)}, "line 1: * returns whatever columns"),
    ("SELECT text\nFROM samples", list[str], {}, "line 1: a list without ORDER BY has its rows in any order"),
    ("UPDATE samples\nSET whole = 1", RowCount, {}, "line 1: UPDATE without WHERE changes every row"),
    ("SELECT 1; SELECT 2", int, {}, "two statements"),
    ("", int, {}, "is empty"),
    ("DROP TABLE samples", None, {}, "line 1: DROP does not begin a query"),
    ("SELECT text FROM samples\nWHERE text = :txt", str, {"text": "a"}, "line 2: no argument supplies :txt"),
    ("SELECT text FROM samples", str, {"text": "a"}, "adhoc.fetch: the statement does not use the argument text"),
    ("SELECT text FROM samples WHERE text = $1", str, {}, "line 1: "),
    ("SELECT text FROM samples", Stream[str], {}, "a stream cannot be fetched"),
    ("SELECT text FROM samples", complex, {}, "the return annotation: complex has no column type"),
    ("SELECT text FROM samples WHERE whole = :n", str, {"n": 1j}, "n: complex has no column type"),
    ("SELECT text FROM samples WHERE whole = :n", str, {"n": [1, "a"]}, "n: the items of a list have one type"),
]


@pytest.mark.parametrize(("text", "result", "arguments", "message"), REFUSED)
async def test_a_faulty_statement_is_refused_before_it_runs(
    text: str, result: Any, arguments: dict[str, Any], message: str, shop_database: Database
) -> None:
    with pytest.raises(CatalogError) as raised:
        await adhoc.fetch(shop_database, text, result, arguments)
    assert message in str(raised.value)
    assert "adhoc.fetch" in str(raised.value)


async def test_errors_name_the_call(shop_database: Database, two: list[Sample]) -> None:
    with pytest.raises(StatementError, match=r"columns \(text, id, whole\) must be the fields of Brief") as raised:
        await adhoc.fetch(shop_database, "SELECT text, id, whole FROM samples WHERE text = :text", Brief, {"text": "a"})
    with pytest.raises(StatementError) as raised:
        await adhoc.fetch(shop_database, "SELECT n FROM nowhere", int)
    assert raised.value.query == "adhoc.fetch"
    with pytest.raises(InvalidValue, match="text: text must not contain the NUL character"):
        await adhoc.fetch(shop_database, ONE, Brief, {"text": "\0"})
    with pytest.raises(TypeError, match="the first argument must be a Database or a Transaction, not str"):
        await adhoc.fetch("db", ONE, Brief)  # type: ignore[arg-type]  # a wrong argument


async def test_optional_lines_work(shop_database: Database, two: list[Sample]) -> None:
    text = "SELECT text\nFROM samples\nWHERE\n    TRUE\n    AND text = :text  -- when text\nORDER BY text, id"
    assert await adhoc.fetch(shop_database, text, list[str], {"text": None}) == ["a", "b"]


async def test_a_catalog_for_postgresql_has_more_types(postgres_url: str, tmp_path: Path, anyio_backend: str) -> None:
    catalog = Catalog("prices", sql=tmp_path, dialects=["postgresql"])
    text = "SELECT CAST(:price AS numeric) * 2 AS price"
    async with open_database(Settings(database_url=postgres_url), catalog=catalog) as db:
        assert await adhoc.fetch(db, text, Decimal, {"price": Decimal("1.10")}) == Decimal("2.20")
    async with open_database(Settings(database_url=postgres_url)) as db:
        with pytest.raises(CatalogError, match="price: SQLite stores a Decimal as an integer"):
            await adhoc.fetch(db, text, Decimal, {"price": Decimal("1.10")})


def test_it_is_called_without_asyncio_too(settings: Settings) -> None:
    with blocking.open_database(settings) as db:
        assert db.call(adhoc.fetch, "SELECT 1 AS one", int) == 1
