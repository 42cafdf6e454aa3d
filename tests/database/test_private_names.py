"""The private names that the package uses stand in one place each, under a version that is known to have them."""

import inspect
from importlib.metadata import requires
from pathlib import Path

import aiosqlite
from pydantic_core import SchemaValidator

import hangar_dal


def test_aiosqlites_private_execute_has_one_caller() -> None:
    package = Path(hangar_dal.__file__).parent
    callers = [path.name for path in package.rglob("*.py") for _ in range(path.read_text().count("._execute("))]
    assert callers == ["connection.py"]


def test_aiosqlites_private_execute_is_what_it_was() -> None:
    assert list(inspect.signature(aiosqlite.Connection._execute).parameters) == ["self", "fn", "args", "kwargs"]
    assert [text for text in requires("hangar-dal") or () if text.startswith("aiosqlite") and "<0.23" in text]


def test_pydantics_private_parameter_has_one_caller_and_an_effect() -> None:
    """Without it, rows are validated more slowly, from parsed JSON."""
    package = Path(hangar_dal.__file__).parent
    callers = [path.name for path in package.rglob("*.py") for _ in range(path.read_text().count("_use_prebuilt="))]
    assert callers == ["row_validators.py"]
    assert SchemaValidator({"type": "int"}, _use_prebuilt=False).validate_python(1) == 1
