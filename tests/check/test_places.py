"""A finding points at the word that is wrong, where others look like it. Guillemets mark the word in each statement."""

from pathlib import Path

import pytest

from hangar_dal.check.databases.info import DatabaseInfo
from tests.check.test_agreement import checked, sources

__all__ = ["sources"]

CASES = {
    "the second NULL that is written": (
        "none-refused",
        "async def it(db: Executor, id: UUID) -> RowCount: ...",
        "UPDATE items SET note = NULL, name = «NULL» WHERE id = :id",
    ),
    "the second NULL that is inserted": (
        "none-refused",
        "async def it(db: Executor, id: UUID, n: int) -> RowCount: ...",
        "INSERT INTO parts (item_id, number, label) SELECT NULLIF(:id, NULL), :n, «NULL»",
    ),
    "the NULL that is compared": (
        "none-compared",
        "async def it(db: Executor) -> list[Named]: ...",
        "SELECT id, name FROM items WHERE note IS NOT NULL AND grade = «NULL» ORDER BY id",
    ),
    "the text that a CHECK refuses": (
        "value-refused",
        "async def it(db: Executor, id: UUID) -> RowCount: ...",
        "UPDATE items SET note = 'XL', size = «'XL'» WHERE id = :id",
    ),
    "the parameter where it may not be None": (
        "none-refused",
        "async def it(db: Executor, id: UUID, name: str | None) -> RowCount: ...",
        "UPDATE items SET note = :name, name = «:name» WHERE id = :id",
    ),
    "the column that gives the name": (
        "null-refused",
        "async def it(db: Executor) -> list[Named]: ...",
        "SELECT items.name AS id, items.note AS «name» FROM items ORDER BY items.id",
    ),
    "the ORDER BY of the statement": (
        "list-unordered",
        "async def it(db: Executor) -> list[int]: ...",
        "SELECT row_number() OVER (ORDER BY id) AS n FROM items «ORDER» BY size, max(price) OVER (ORDER BY id)",
    ),
    "behind a comment and a parameter like a keyword": (
        "none-refused",
        "async def it(db: Executor, like: UUID) -> RowCount: ...",
        "UPDATE items SET /* NULL */ note = NULL, name = «NULL» WHERE id = :like -- NULL",
    ),
}


@pytest.mark.parametrize(("rule", "python", "marked"), CASES.values(), ids=CASES.keys())
def test_a_finding_points_at_the_word_that_is_wrong(
    rule: str, python: str, marked: str, sources: list[DatabaseInfo], tmp_path: Path
) -> None:
    sql = marked.replace("«", "").replace("»", "")
    found = [each for each in checked(sources, tmp_path, python, sql, sql) if each.rule == rule]
    assert {each.dialect for each in found} == {source.dialect for source in sources}
    assert {each.column for each in found} == {marked.index("«") + 1}
