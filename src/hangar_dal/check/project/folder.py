"""Search the folder of a project for catalogs, SQL files of queries, migrations and other projects.

Does not search hidden folders, virtual environments, `node_modules`, `build`, `dist`, `test`, `tests`, the paths in the
section's `ignore`, and folders whose pyproject.toml has a section of its own. Does not import any file.
"""

import ast
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hangar_dal.check.project.section import Section, has_section
from hangar_dal.sqlscan import DIALECTS

_SKIPPED: Final = frozenset({"__pycache__", "build", "dist", "node_modules", "test", "tests"})
_HEADER: Final = re.compile(rb"^-- name:", re.MULTILINE)
_SHIM: Final = re.compile(rb"^from hangar_dal\.migrations\.loader import", re.MULTILINE)
_CATALOG_MODULES: Final = ("hangar_dal", "hangar_dal.query", "hangar_dal.query.catalog")


@dataclass
class Held:
    """The files of a project folder.

    `catalogs` are the variable names of the catalogs in each module. `queries` are the SQL files with `-- name:`
    blocks. `migrations` are folders. `projects` are the pyproject.toml files of other projects.
    """

    catalogs: dict[Path, list[str]] = field(default_factory=dict)
    queries: list[Path] = field(default_factory=list)
    migrations: list[Path] = field(default_factory=list)
    projects: list[Path] = field(default_factory=list)


def search(section: Section) -> Held:
    """Read the SQL and Python files below the section's folder, and return what they hold."""
    held = Held()
    for file in sorted(_files(section)):
        text = _read(file)
        if file.suffix == ".toml":
            held.projects.append(file)
        elif file.suffix == ".sql":
            if _HEADER.search(text):
                held.queries.append(file)
            elif file.name.endswith(".rollback.sql") and file.parent.name in DIALECTS:
                held.migrations.append(file.parents[1])
        elif b"hangar_dal" in text:
            if b"Catalog(" in text and (names := _catalogs(text)):
                held.catalogs[file] = names
            if _SHIM.search(text):
                held.migrations.append(file.parent)
    held.migrations = list(dict.fromkeys(held.migrations))
    return held


def _files(section: Section) -> Iterator[Path]:
    """Yield the SQL and Python files, and the pyproject.toml of each folder that is another project."""
    ignored = {(section.folder / name).resolve() for name in section.ignore}
    for place, folders, names in os.walk(section.folder):
        folder = Path(place)
        if folder != section.folder and "pyproject.toml" in names and has_section(folder / "pyproject.toml"):
            folders.clear()
            yield folder / "pyproject.toml"
            continue
        folders[:] = [name for name in folders if _is_searched(folder / name, ignored)]
        for name in names:
            if name.endswith((".sql", ".py")) and not (ignored and (folder / name).resolve() in ignored):
                yield folder / name


def _is_searched(folder: Path, ignored: set[Path]) -> bool:
    if folder.name.startswith(".") or folder.name in _SKIPPED:
        return False
    if os.path.exists(folder / "pyvenv.cfg"):  # noqa: PTH110 - Path.exists() may raise PermissionError
        return False
    return not (ignored and folder.resolve() in ignored)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # a broken link, or a file that this user may not read
        return b""


def _catalogs(text: bytes) -> list[str]:
    """Return the variables at the top level of a module that hold catalogs. Reads the source without importing it."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):  # written for another version of Python, or not finished
        return []
    makers = {f"{module}.Catalog" for module in _CATALOG_MODULES}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in _CATALOG_MODULES:
            makers |= {alias.asname or alias.name for alias in node.names if alias.name == "Catalog"}
        elif isinstance(node, ast.Import):
            makers |= {f"{alias.asname}.Catalog" for alias in node.names if alias.name in _CATALOG_MODULES}
    return [
        name
        for value, name in _assigned(tree.body)
        if isinstance(value, ast.Call) and ast.unparse(value.func) in makers
    ]


def _assigned(body: Sequence[ast.stmt]) -> Iterator[tuple[ast.expr | None, str]]:
    """Yield each value that these statements assign, with the name it is assigned to. Also reads `if` and `try`."""
    for node in body:
        if isinstance(node, ast.If | ast.Try):
            yield from _assigned([*node.body, *node.orelse])
        elif isinstance(node, ast.Assign):
            yield from ((node.value, target.id) for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.value, node.target.id
