"""What the pages about domains promise: that their code runs, and that functions, rules and tests they name exist."""

import inspect
import re
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any

from hangar_dal import Catalog
from tests.docs.documents import ROOT, blocks

RULES = re.compile(r"^## Rules that the tables? keeps?\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
DOMAINS = ROOT / "tests" / "domains"


async def run_code(page: Path, given: dict[str, Any], returned: tuple[str, ...]) -> tuple[Any, ...]:
    """Run the page's one block of Python, which uses the given names, and return what it made."""
    [block] = [each for each in blocks(page) if each.language == "python"]
    names: dict[str, Any] = {}
    exec(
        f"async def page({', '.join(given)}):\n{indent(block.text, '    ')}\n    return {', '.join(returned)}\n", names
    )
    made: tuple[Any, ...] = await names["page"](**given)
    return made


def functions_left_out(text: str, pieces: str, *modules: ModuleType) -> list[str]:
    """The functions that these modules declare and the page does not name. `pieces` matches those that it need not."""
    public = {
        name
        for module in modules
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
    }
    assert public
    return sorted(name for name in public if f"`{name}`" not in text and not re.fullmatch(pieces, name))


def names_that_do_not_exist(text: str, catalog: Catalog) -> list[str]:
    """Rules that no migration of the catalog has, and tests that no module of tests/domains has."""
    found = RULES.search(text)
    assert found
    tests = set(re.findall(r"`(test_\w+)`", text))
    rules = set(re.findall(r"`(\w+)`", found[1])) - tests
    assert rules
    assert tests
    migrations = "".join(path.read_text(encoding="utf-8") for path in Path(str(catalog.migrations)).glob("*/*.sql"))
    code = "".join(path.read_text(encoding="utf-8") for path in DOMAINS.rglob("test_*.py"))
    unknown = [name for name in rules if not re.search(rf"\b{name}\b", migrations)]
    return sorted([*unknown, *(name for name in tests if f"def {name}(" not in code)])
