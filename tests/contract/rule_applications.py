"""The small applications in the examples of the rules: files made of their texts, and what is found in them."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from hangar_dal.contract import read_project
from hangar_dal.contract.checking import check_against
from hangar_dal.contract.sources import DatabaseInfo

HERE: Final = Path(__file__).parent
MIGRATIONS: Final = HERE / "rule_examples" / "migrations"
DIALECTS: Final = ("sqlite", "postgresql")
CATALOG: Final = """\
from pathlib import Path
from hangar_dal import Catalog

CATALOG = Catalog("{package}", sql=Path(__file__).parent / "sql")
"""
# What each module of an example begins with.
PREAMBLE: Final = """\
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal, TypedDict
from uuid import UUID
from pydantic import Field
from typing_extensions import Unpack
from hangar_dal import Executor, JsonArray, JsonObject, Row, RowCount, Sealed, Stream, Transaction
from {package} import CATALOG

query = CATALOG.query

class Item(Row):
    id: UUID
    name: str

"""
SECTION: Final = """\
[tool.hangar_dal]
catalogs = ["{package}:CATALOG"]
modules = ["{package}"]
"""
_FILE: Final = re.compile(r"^--- (\S+)\n", re.MULTILINE)


def files_of(example: str) -> dict[str, str]:
    """The text of each file, by its name."""
    _, *parts = _FILE.split(example)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def corrected(bad: str, good: str) -> dict[str, str]:
    """The files of the good example. It names those that it changes; a file without text is deleted."""
    files = {**paths_of(files_of(bad)), **paths_of(files_of(good))}
    return {path: text for path, text in files.items() if text}


def paths_of(files: Mapping[str, str]) -> dict[str, str]:
    """The same files by their paths in the package, with a SQL file for each dialect."""
    found = {}
    for name, text in files.items():
        if not name.endswith(".sql"):
            found[name] = text
        elif "/" in name:
            found[f"sql/{name}"] = text
        else:
            found |= {f"sql/{dialect}/{name}": text for dialect in DIALECTS}
    return found


def write_application(folder: Path, package: str, files: Mapping[str, str]) -> Path:
    """Write the package and a pyproject.toml, whose path is returned."""
    write(folder / package / "__init__.py", CATALOG.format(package=package))
    for path, text in files.items():
        if path.endswith(".py"):
            write(folder / package / path, PREAMBLE.format(package=package) + text)
            (folder / package / path).with_name("__init__.py").touch()
        else:
            write(folder / package / path, text)
    return write(folder / "pyproject.toml", SECTION.format(package=package))


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rules_broken(folder: Path, package: str, files: Mapping[str, str], sources: Sequence[DatabaseInfo]) -> set[str]:
    """The ids of the rules that the application breaks. `package` is a new name: it stays imported."""
    project = read_project(write_application(folder, package, files))
    return {finding.rule for finding in check_against(project, sources).findings}
