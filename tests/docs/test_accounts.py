"""The page on accounts knows each function, table, column and rule, and calls functions as they can be called."""

import ast
import inspect
import re
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from textwrap import indent

import pytest

from hangar_dal import accounts
from hangar_dal.accounts.user_tables import USER_TABLES
from tests.docs.documents import ACCOUNTS, COOKIES, ROOT, blocks

TEXT = ACCOUNTS.read_text(encoding="utf-8")
# tests/migrations/test_views.py compares it with the migrations.
SCHEMA = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8").partition("\n## Commerce\n")[0]
# Names on these pages that are not modules of the package.
OTHERS = {"db", "httpx", "response"}


def cells(heading: str, column: int) -> Iterator[tuple[str, list[str]]]:
    """The names in a column of each table whose first line matches, row by row, with the first name in that line."""
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE):
        first, _, *lines = table.splitlines()
        if re.match(heading, first):
            title = "".join(re.findall(r"`(\w+)`", first)[:1])
            yield from ((title, re.findall(r"`([^`]+)`", line.split("|")[1:-1][column])) for line in lines)


@pytest.mark.parametrize("page", [ACCOUNTS, COOKIES], ids=lambda page: page.name)
def test_every_call_fits_the_function(page: Path) -> None:
    called = 0
    for block in (each for each in blocks(page) if each.language == "python"):
        for node in ast.walk(ast.parse(f"async def page():\n{indent(block.text, '    ')}")):
            if not isinstance(node, ast.Call):
                continue
            match node.func:
                case ast.Attribute(value=ast.Name(id=module), attr=name) if module not in OTHERS:
                    function = getattr(import_module(f"hangar_dal.{module}"), name)
                    inspect.signature(function).bind(*node.args, **{each.arg or "": each for each in node.keywords})
                    called += 1
    assert called


def test_every_function_of_accounts_is_on_the_page() -> None:
    public = [name for name, value in vars(accounts).items() if inspect.isfunction(value)]
    assert "sign_in" in public
    assert [name for name in public if not re.search(rf"\b{name}\b", TEXT)] == []


def test_every_table_is_described_column_by_column() -> None:
    described: dict[str, set[str]] = defaultdict(set)
    for table, names in cells(r"\| Column of `", 0):
        described[table].update(names)
    described["security_event_retention"] = {"id", "days"}  # in prose, as the one row that it has
    tables = re.findall(r"^    (\w+) \{\n(.*?)^    \}", SCHEMA, re.MULTILINE | re.DOTALL)
    assert described == {name: {line.split()[1] for line in lines.splitlines()} for name, lines in tables}


def test_the_page_says_of_each_table_that_refers_to_users_what_happens_to_it() -> None:
    assert set(USER_TABLES) <= {name for _, names in cells(r"\| Table \|", 0) for name in names}


def test_every_rule_on_the_page_is_in_the_migrations() -> None:
    named = {name for _, names in cells(r".*\| Rule \|$", -1) for name in names}
    assert len(named) > 20
    scripts = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "accounts" / "migrations").glob("*/*.sql")
    )
    assert [name for name in sorted(named) if not re.search(rf"\b{name}\b", scripts)] == []
