"""Tuples, sets and Sequences as arguments and fields: order and duplicates, on both databases."""

from typing import TYPE_CHECKING, Any

import pytest

from hangar_dal import Database
from tests.query.rows import PREAMBLE, declared
from tests.shop.models import Sample

if TYPE_CHECKING:
    from tests.query.conftest import Shop

SETS = {
    "tuple[str, ...]": (("b", "a", "b"), ["b", "a", "b"]),
    "Sequence[str]": (("b", "a", "b"), ["b", "a", "b"]),
    "collections.abc.Sequence[str] | None": (["b", "a"], ["b", "a"]),
    "set[str]": ({"b", "c", "a"}, ["a", "b", "c"]),
    "frozenset[str]": (frozenset({"b", "a"}), ["a", "b"]),
    "collections.abc.Set[str]": ({"b": 1, "a": 2}.keys(), ["a", "b"]),
    "list[str]": ({"b", "a"}, ["a", "b"]),
}
ECHO = "-- name: it\n-- differs: casts\nSELECT {} AS words;\n"


@pytest.fixture
def echo(shop: "Shop") -> Any:
    """Declares a function that returns its list."""

    def declare(annotation: str, item: str = "str", kind: str = "text[]") -> Any:
        shop.write("orders", ECHO.format(":words"), ECHO.format(f"CAST(:words AS {kind})"))
        python = (
            "import collections.abc\nfrom collections.abc import Sequence\n"
            f"class Words(Row):\n    words: list[{item}]\n"
            f"@query\nasync def it(db: Executor, words: {annotation}) -> Words: ..."
        )
        return shop.declare(python, preamble=PREAMBLE)

    return declare


@pytest.mark.parametrize("annotation", SETS)
async def test_a_tuple_keeps_its_order_and_a_set_is_sorted(annotation: str, echo: Any, database: Database) -> None:
    given, wanted = SETS[annotation]
    module = echo(annotation)
    assert (await module.it(database, given)).words == wanted


@pytest.mark.parametrize(
    ("annotation", "given", "message"),
    [
        ("set[str]", ["a", "a"], "words: expected a set, got list"),
        ("frozenset[str]", "a", "words: expected a list, got str"),
        ("tuple[str, ...]", "ab", "words: expected a list, got str"),
        ("Sequence[str]", "ab", "words: expected a list, got str"),
        ("set[str]", {"a", 1}, "words: expected str, got int"),
        ("tuple[str, ...]", ("a", None), "words: expected str, got NoneType"),
        ("Annotated[tuple[str, ...], Field(max_length=1)]", ("a", "b"), "Tuple should have at most 1 item"),
    ],
)
async def test_a_wrong_collection_is_refused_before_it_is_sent(
    annotation: str, given: Any, message: str, echo: Any, database: Database
) -> None:
    module = echo(annotation)
    with pytest.raises(Exception, match=message):
        await module.it(database, given)


async def test_sets_of_other_items_are_sorted(echo: Any, database: Database) -> None:
    module = echo("set[int | None]", "int | None", "bigint[]")
    assert (await module.it(database, {3, None, 2**40, -1})).words == [-1, 3, 2**40, None]
    assert (await module.it(database, set())).words == []


@pytest.mark.parametrize("container", ["tuple[str, ...]", "set[str]", "frozenset[str]", "Sequence[str]"])
async def test_a_field_may_be_a_collection(
    container: str, shop: "Shop", shop_database: Database, two: list[Sample]
) -> None:
    python = (
        f"from collections.abc import Sequence\nclass Seen(Row):\n    words: {container}\n"
        "@query\nasync def list_seen(db: Executor) -> list[Seen]: ..."
    )
    module = declared(shop, python, {"list_seen": "SELECT words FROM samples ORDER BY text, id"})
    read = [row.words for row in await module.list_seen(shop_database)]
    assert [sorted(words) for words in read] == [["x", "y"], []]
    assert type(read[0]).__name__ == container.partition("[")[0].replace("Sequence", "list")


@pytest.mark.parametrize(
    ("annotation", "message"),
    [
        ("tuple[int, str]", "a tuple of several types has no column type; write `tuple[X, ...]`, or a model"),
        ("set[Part]", "a set of models, lists or JSON has no column type; write `list[...]`"),
        ("tuple[list[str], ...]", "a tuple of models, lists or JSON has no column type; write `list[...]`"),
        ("set[bytes]", "SQLite stores a list as JSON, which has no bytes"),
    ],
)
def test_a_collection_that_no_column_holds_is_refused(annotation: str, message: str, shop: "Shop") -> None:
    python = f"@query\nasync def it(db: Executor, words: {annotation}) -> None: ..."
    declared(shop, python, {"it": "DELETE FROM samples WHERE words = :words"})
    (finding,) = shop.findings()
    assert message in finding


async def test_rows_to_insert_may_be_a_tuple_or_a_sequence(shop: "Shop", database: Database) -> None:
    for container in ("tuple[Part, ...]", "Sequence[Part]"):
        shop.write(
            "orders",
            "-- name: it\n-- differs: lists\nSELECT count(*) FROM json_each(:parts);\n",
            "-- name: it\n-- differs: lists\nSELECT count(*) FROM json_to_recordset(:parts) AS p (n bigint);\n",
        )
        python = f"""
from collections.abc import Sequence
class Part(Row):
    n: int
@query
async def it(db: Executor, parts: {container}) -> int: ...
"""
        module = shop.declare(python, f"shop_{container[0]}.orders", preamble=PREAMBLE)
        assert await module.it(database, (module.Part(n=1), module.Part(n=2))) == 2
        shop.catalog._queries.clear()
