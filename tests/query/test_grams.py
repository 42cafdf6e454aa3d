"""A text marked `Searchable` gives its grams wherever a query takes it."""

import pytest

from hangar_dal import Database
from hangar_dal.errors import InvalidValue
from tests.query.conftest import Shop

PYTHON = """
from hangar_dal import Searchable

class Note(BaseModel):
    id: int
    title: Annotated[str, Searchable] | None

class Found(Row):
    title_grams: list[str] | None

@query
async def one(db: Executor, title: Annotated[str, Searchable, StringConstraints(max_length=9)] | None) -> Found: ...

@query
async def many(db: Executor, notes: list[Note]) -> list[Found]: ...
"""
SQLITE = """
-- name: one
-- differs: a list is JSON here
SELECT :title_grams AS title_grams;
-- name: many
-- differs: a list is JSON here
SELECT json_extract(value, '$.title_grams') AS title_grams FROM json_each(:notes)
ORDER BY json_extract(value, '$.id');
"""
POSTGRESQL = """
-- name: one
-- differs: a list is an array here
SELECT CAST(:title_grams AS text []) AS title_grams;
-- name: many
-- differs: a list is an array here
SELECT note.title_grams FROM json_to_recordset(:notes) AS note (id bigint, title_grams text []) ORDER BY note.id;
"""


async def test_the_grams_of_an_argument_and_of_rows_are_lists_of_text(shop: Shop, database: Database) -> None:
    orders = shop.declare(PYTHON)
    shop.write("orders", SQLITE, POSTGRESQL)
    assert shop.findings() == []
    for title, grams in (('A"{\\,', ['a"{', '"{\\', "{\\,"]), ("ÄÖÜ", ["äöü"]), ("ab", []), (None, None)):
        assert (await orders.one(database, title)).title_grams == grams
        notes = [orders.Note(id=1, title=title), orders.Note(id=2, title="next")]
        assert [row.title_grams for row in await orders.many(database, notes)] == [grams, ["nex", "ext"]]
    with pytest.raises(InvalidValue, match=r"^title: .*9"):
        await orders.one(database, "longer than that")


def test_grams_of_a_text_that_is_not_marked_have_no_source(shop: Shop) -> None:
    shop.query("async def it(db: Executor, title: str) -> int: ...", "SELECT 1 AS one WHERE :title_grams = :title")
    message = ":title_grams has no source; annotate `title` as Annotated[str, Searchable]"
    assert any(message in finding for finding in shop.findings()), shop.findings()
