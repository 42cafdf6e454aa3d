"""Every statement that the optional lines of a block can make is checked."""

import pytest

from hangar_dal import ACCOUNTS
from hangar_dal.check.statements.variants import statements
from hangar_dal.query.signature import read_signature
from hangar_dal.query.variants import MOST_COMBINATIONS, variants
from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import DIALECTS, Dialect

HEAD = "from typing import Literal\nfrom hangar_dal import Executor\n"


def labels(parameters: str, *lines: str) -> list[str]:
    """When each statement of a block with these lines runs."""
    scope: dict[str, object] = {}
    exec(f"{HEAD}async def it(db: Executor, {parameters}) -> list[int]: ...", scope)
    file = parse("-- name: it\nSELECT 1\n" + "\n".join(lines) + "\n;", path="items.sql", dialect="sqlite")
    assert file.findings == []
    return [made.label for made in variants(file.blocks["it"], read_signature(scope["it"]))]


CASES = {
    "no optional line": ("a: int", [], [""]),
    "an optional argument": ("a: int | None", ["+ :a  -- when a"], ["", "a"]),
    "a choice": ("o: Literal['x', 'y']", ["+ 1  -- when o = x", "--  + 2  -- when o = y"], ["o = x", "o = y"]),
    "a choice that may be None": ("o: Literal['x'] | None", ["+ 1  -- when o = x"], ["", "o = x"]),
    "a value without a line": ("o: Literal['x', 'y']", ["+ 1  -- when o = x"], ["o = x", "o = y"]),
    "given, or of a value": (
        "o: Literal['x', 'y'] | None",
        ["+ 1  -- when o", "+ 2  -- when o = y"],
        ["", "o = x", "o = y"],
    ),
    "two of them": (
        "a: int | None, b: int | None",
        ["+ :a  -- when a", "+ :b  -- when b"],
        ["", "b", "a", "a, b"],
    ),
    "one line for both": ("a: int | None, b: int | None", ["+ :a + :b  -- when a, b"], ["", "a, b"]),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_every_combination_is_made_once(case: tuple[str, list[str], list[str]]) -> None:
    parameters, lines, expected = case
    assert labels(parameters, *lines) == expected


def test_past_the_most_each_optional_line_is_checked_alone_and_all_of_them_at_once() -> None:
    names = [f"a{number}" for number in range(7)]
    assert 2 ** len(names) > MOST_COMBINATIONS
    parameters = ", ".join(f"{name}: int | None" for name in names)
    found = labels(parameters, *(f"+ :{name}  -- when {name}" for name in names))
    assert found == ["", ", ".join(names), *names]


def test_past_the_most_a_line_of_several_conditions_is_looked_at_too() -> None:
    names = [f"a{number}" for number in range(7)]
    parameters = "o: Literal['x', 'y'], " + ", ".join(f"{name}: int | None" for name in names)
    lines = [f"+ :{name}  -- when {name}" for name in names]
    found = labels(parameters, *lines, "+ 1  -- when a1, o = x", "--  + 2  -- when a1, o = y", "+ 3  -- when o, a2, a3")
    assert found[-2:] == ["a1, o = y", "a2, a3, o = x"]


def test_up_to_the_most_every_combination_is_made() -> None:
    names = [f"a{number}" for number in range(6)]
    parameters = ", ".join(f"{name}: int | None" for name in names)
    assert len(labels(parameters, *(f"+ :{name}  -- when {name}" for name in names))) == MOST_COMBINATIONS


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_line_of_the_queries_of_accounts_is_in_a_statement_that_is_checked(dialect: Dialect) -> None:
    ACCOUNTS.load()
    written, checked = set[tuple[str, int]](), set[tuple[str, int]]()
    for each in statements(ACCOUNTS, dialect):
        written |= {(each.query.name, line.number) for line in each.block.lines}
        checked |= {(each.query.name, line.number) for line in each.variant.lines}
    assert written == checked
