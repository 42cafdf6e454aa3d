"""The one private name that the package uses stands in one place, under a version that is known to have it."""

import inspect
from importlib.metadata import requires
from pathlib import Path

import aiosqlite

import hangar_dal


def test_aiosqlites_private_execute_has_one_caller() -> None:
    package = Path(hangar_dal.__file__).parent
    callers = [path.name for path in package.rglob("*.py") for _ in range(path.read_text().count("._execute("))]
    assert callers == ["connection.py"]


def test_aiosqlites_private_execute_is_what_it_was() -> None:
    assert list(inspect.signature(aiosqlite.Connection._execute).parameters) == ["self", "fn", "args", "kwargs"]
    assert [text for text in requires("hangar-dal") or () if text.startswith("aiosqlite") and "<0.23" in text]
