"""Which ORDER BY leaves ties: each case of `orders.txt` has the relations of which no key is known, and a statement.

`-` means that nothing is reported, because there are no ties or because this is not certain. Two answers are those for
SQLite and PostgreSQL.
"""

from pathlib import Path

import pytest

from hangar_dal.check.model import NullableUniqueKey, TableColumn, Tables
from hangar_dal.check.ordering.ties import ties
from hangar_dal.sqlscan import DIALECTS, Dialect
from tests.helpers.cases import read_cases


def table(**columns: str) -> dict[str, TableColumn]:
    """A question mark behind the kind: it may be NULL."""
    return {name: TableColumn(name, kind.rstrip("?"), kind.endswith("?")) for name, kind in columns.items()}


TABLES = Tables(
    {
        "books": table(id="int", title="text", author="int", lang="text", published="text?"),
        "copies": table(id="int", book_id="int", shelf="text"),
        "u": table(id="int", name="text", nick="text", tenant="int", email="text?", is_on="bool"),
        "t": table(id="int", u_id="int", lang="text", isbn="text?"),
        "tags": table(copy_id="int", tag="text", weight="int"),
        "log": table(at="text", text="text"),
        "slugs": table(id="int", name="text", gone_at="text?"),
        "words": table(id="int", word="text"),
        "terms": table(id="int", word="text", gone_at="text?"),
        "seen": table(id="int", title="text"),
        "Odd": table(Id="int", id="int", name="text"),
    },
    {
        "books": (("id",),),
        "copies": (("id",),),
        "u": (("id",), ("name",)),
        "t": (("id",), ("u_id", "lang")),
        "tags": (("copy_id", "tag"),),
        "log": (),
        "slugs": (("id",),),
        "words": (("id",),),
        "terms": (("id",),),
        "Odd": (("Id",),),
    },
    {
        "u": (NullableUniqueKey(("email",)),),
        "t": (NullableUniqueKey(("isbn",)),),
        "slugs": (NullableUniqueKey(("name",), "gone_at IS NULL"),),
        "words": (NullableUniqueKey(("",)),),
        "terms": (NullableUniqueKey(("",), "gone_at IS NULL"),),
    },
)


CASES = {
    case.statement: tuple(case.expected.split(" | ")) for case in read_cases(Path(__file__).with_name("orders.txt"))
}


def answer(text: str, dialect: Dialect) -> str:
    return " and ".join(ties(text, dialect, TABLES)) or "-"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_ties_are_reported(dialect: Dialect) -> None:
    expected = {text: answers[-1 if dialect == "postgresql" else 0] for text, answers in CASES.items()}
    assert {text: answer(text, dialect) for text in CASES} == expected


@pytest.mark.parametrize("dialect", DIALECTS)
def test_only_ties_are_reported(dialect: Dialect) -> None:
    assert ties("SELECT title FROM books ORDER BY id", dialect, TABLES) == ()
    assert ties("SELECT title, id FROM seen ORDER BY title", dialect, TABLES) == ()
    assert ties("SELECT title, id FROM books ORDER BY title", dialect, TABLES) == ("books",)
