"""A declared query is called as the function that it looks like."""

import inspect
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from hangar_dal import Database, open_database
from hangar_dal.settings import Settings

if TYPE_CHECKING:
    from tests.query.conftest import Shop

SOURCE = '''
class Changes(TypedDict, total=False):
    note: str

@query
async def add(db: Executor, a: int, b: int = 2, *, c: int = 3) -> int:
    """The sum."""
    ...

@query
async def patch(db: Executor, a: int, **changes: Unpack[Changes]) -> str: ...

@query
def walk(db: Executor, a: int) -> Stream[int]: ...
'''
SQL = """
-- name: add
SELECT CAST(:a AS bigint) * 100 + CAST(:b AS bigint) * 10 + CAST(:c AS bigint) AS total;
-- name: patch
SELECT CASE WHEN :note_is_set THEN :note ELSE 'none' END AS note WHERE 1 = :a;
-- name: walk
SELECT CAST(:a AS bigint) AS a;
""".replace("\n-- name: patch", "\n\n-- name: patch")


def add(db: object, a: int, b: int = 2, *, c: int = 3) -> None: ...
def patch(db: object, a: int, *, note: str = "") -> None: ...
def walk(db: object, a: int) -> None: ...


CALLS: list[tuple[Callable[..., None], tuple[Any, ...], dict[str, Any]]] = [
    (add, (), {}),
    (add, (1, 2, 3), {}),
    (add, (1,), {"a": 1}),
    (add, (1,), {"d": 1}),
    (add, (), {"b": 1}),
    (add, (), {"b": 1, "d": 1}),
    (patch, (), {"note": "x"}),
    (patch, (1,), {"name": "x"}),
    (patch, (1, "x"), {}),
    (walk, (), {}),
    (walk, (1, 2), {}),
]


@pytest.fixture
def orders(shop: "Shop") -> Any:
    shop.write("orders", SQL)
    return shop.declare(SOURCE)


@pytest.mark.parametrize(("python", "arguments", "named"), CALLS)
async def test_a_wrong_call_raises_type_error_as_python_would(
    python: Callable[..., None], arguments: tuple[Any, ...], named: dict[str, Any], orders: Any, database: Database
) -> None:
    with pytest.raises(TypeError):
        python(database, *arguments, **named)
    with pytest.raises(TypeError, match=r"missing a required|too many positional|multiple values|unexpected"):
        opened = getattr(orders, python.__name__)(database, *arguments, **named)
        await opened


@pytest.mark.parametrize(
    ("arguments", "named", "total"),
    [((1,), {}, 123), ((1, 5), {}, 153), ((), {"a": 7}, 723), ((1,), {"c": 9, "b": 8}, 189), ((1, 5), {"c": 0}, 150)],
)
async def test_a_right_call_takes_arguments_as_python_would(
    arguments: tuple[int, ...], named: dict[str, int], total: int, orders: Any, database: Database
) -> None:
    assert await orders.add(database, *arguments, **named) == total


async def test_changes_may_be_given_or_left_out(orders: Any, database: Database) -> None:
    assert await orders.patch(database, 1) == "none"
    assert await orders.patch(database, 1, note="given") == "given"
    assert await orders.patch(database, a=1, note="given") == "given"


async def test_an_unknown_change_is_named(orders: Any, database: Database) -> None:
    with pytest.raises(TypeError, match=re.escape("patch() got an unexpected field name")):
        await orders.patch(database, 1, name="x")


def test_a_query_keeps_the_face_of_its_function(orders: Any) -> None:
    assert orders.add.__doc__ == "The sum."
    assert orders.add.__name__ == "add"
    assert list(inspect.signature(orders.add).parameters) == ["db", "a", "b", "c"]
    assert inspect.iscoroutinefunction(orders.add)
    assert not inspect.iscoroutinefunction(orders.walk)


async def test_a_wrong_call_is_told_the_query_and_its_arguments(orders: Any, database: Database) -> None:
    sentence = re.escape("orders.add: missing a required argument: 'a'; it takes a, b, c")
    with pytest.raises(TypeError, match=sentence):
        await orders.add(database, id=1)


@pytest.mark.parametrize("given", [7, "sqlite:///shop.db", None, open_database(Settings(database_url=":memory:"))],
                         ids=["value", "URL", "None", "not entered"])  # fmt: skip
async def test_what_is_no_database_is_refused_with_what_to_pass(shop: "Shop", given: object) -> None:
    module = shop.declare(
        "@query\nasync def one(db: Executor) -> int: ...\n\n@query\ndef many(db: Executor) -> Stream[int]: ...\n"
    )
    shop.write("orders", "-- name: one\nSELECT 1 AS one;\n\n-- name: many\nSELECT 1 AS many ORDER BY 1;\n")
    sentence = (
        rf"^orders\.\w+: the first argument must be a Database or a Transaction, not {type(given).__name__}; pass"
    )
    with pytest.raises(TypeError, match=sentence):
        await module.one(given)
    with pytest.raises(TypeError, match=sentence):
        module.many(given)
