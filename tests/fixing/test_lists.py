"""What becomes of a column list. `lists.txt` holds statements as they are and as they shall be."""

from pathlib import Path
from typing import Annotated

import pytest

from hangar_dal import CaseInsensitive, Executor, Row
from hangar_dal.check.model import Tables
from hangar_dal.fixing.columns import LeftAlone, with_columns
from hangar_dal.fixing.inserts import with_inserted
from hangar_dal.fixing.statements import EditedStatement, read_statement
from hangar_dal.query.signature import read_signature
from hangar_dal.sqlscan import DIALECTS, Dialect
from tests.helpers.cases import read_titled_cases


class NewItem(Row):
    id: str
    name: Annotated[str, CaseInsensitive]
    note: str | None
    price: int


class Item(NewItem):
    pass


async def store_item(db: Executor, new: NewItem) -> Item: ...


SIGNATURE = read_signature(store_item)


# `before`, and `after` or `left`; neither where nothing is changed.
CASES = {
    title: {name: text.strip() for name, text in texts.items()}
    for title, texts in read_titled_cases(Path(__file__).with_name("lists.txt")).items()
}


def read(text: str, dialect: Dialect, line_break: str) -> EditedStatement:
    statement = read_statement(f"-- name: store_item{line_break}{text}", "items.sql", dialect)
    assert statement is not None
    return statement


def fixed(text: str, dialect: Dialect, line_break: str, tables: Tables) -> str:
    """The statement as check --fix would write it; the reason where it is left alone."""
    try:
        statement = read(text, dialect, line_break)
        ending = statement.behind
        statement = read(with_inserted(statement, SIGNATURE, tables) + ending, dialect, line_break)
        return with_columns(statement, "Item", tuple(Item.model_fields), tables) + ending
    except LeftAlone as reason:
        return f"{reason.rule.id}: {reason}; {reason.fix}"


@pytest.mark.parametrize("line_break", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_list_becomes_what_its_model_says(dialect: Dialect, line_break: str, tables: Tables) -> None:
    for title, case in CASES.items():
        found = fixed(case["before"].replace("\n", line_break), dialect, line_break, tables)
        if "left" in case:
            assert found.startswith(case["left"]), title
        else:
            assert found == case.get("after", case["before"]).replace("\n", line_break), title
            assert fixed(found, dialect, line_break, tables) == found, title
