"""The small applications in the examples of the rules: files made of their texts, and what is found in them."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Final

from hangar_dal import cli
from hangar_dal.check import read_project
from hangar_dal.check.databases.info import DatabaseInfo
from hangar_dal.check.run import check_against
from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.verify import verify

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
from hangar_dal import CaseInsensitive, Executor, JsonArray, JsonObject, Row, RowCount, Sealed, Stream, Transaction
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
migrations = ["migrations"]
"""
# The package in the files and commands of an example, the server, and the commands themselves.
PACKAGE: Final = "shop"
SERVER: Final = "postgresql://localhost/postgres"
COMMANDS: Final = "command"
# What an example has that shows no query of its own.
QUERY: Final = {
    "items.py": "@query\nasync def find_item(db: Executor, id: UUID) -> Item | None: ...\n",
    "items.sql": "-- name: find_item\nSELECT id, name FROM items WHERE id = :id;\n",
}
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
        above, _, file = name.rpartition("/")
        if not name.endswith(".sql") or above.partition("/")[2] in DIALECTS:
            found[name] = text
        elif above in DIALECTS:
            found[f"sql/{name}"] = text
        else:
            found |= {f"{above or 'sql'}/{dialect}/{file}": text for dialect in DIALECTS}
    return found


def write_application(folder: Path, package: str, files: Mapping[str, str]) -> Path:
    """Write the package, the migrations and a pyproject.toml, whose path is returned."""
    write(folder / package / "__init__.py", CATALOG.format(package=package))
    shutil.copytree(MIGRATIONS, folder / "migrations", dirs_exist_ok=True)
    project = write(folder / "pyproject.toml", SECTION.format(package=package))
    has_module = any(path.endswith(".py") or path.startswith("sql/") for path in files)
    for path, text in (files if has_module else {**paths_of(QUERY), **files}).items():
        if path == project.name:
            write(project, text.replace(PACKAGE, package))
        elif path.startswith("migrations/"):
            write_migration(folder / path, text)
        elif path.endswith(".py"):
            write(folder / package / path, PREAMBLE.format(package=package) + text)
            (folder / package / path).with_name("__init__.py").touch()
        elif path != COMMANDS:
            write(folder / package / path, text)
    return project


def write_migration(path: Path, text: str) -> None:
    """Write a file of a migration, the shim, and a rollback that does nothing unless the example has one."""
    write(path, text)
    name = path.name.partition(".")[0]
    if not (rollback := path.with_name(f"{name}.rollback.sql")).exists():
        write(rollback, "SELECT 1;\n")
    write(path.parents[1] / f"{name}.py", SHIM)


def rules_of_migrations(folder: Path, files: Mapping[str, str], server: str | None) -> set[str]:
    """The ids of the rules that the migrations of an example break; without a server, those of SQLite alone."""
    for path, text in files.items():
        write_migration(folder / path, text)
    return {finding.rule for finding in verify([folder / "migrations"], postgresql=server, lint=False)}


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def rules_broken(folder: Path, package: str, files: Mapping[str, str], sources: Sequence[DatabaseInfo]) -> set[str]:
    """The ids of the rules that the application breaks. `package` is a new name: it stays imported."""
    project = read_project(write_application(folder, package, files))
    return {finding.rule for finding in check_against(project, sources).findings}


def rules_reported(folder: Path, package: str, files: Mapping[str, str], server: str) -> set[str]:
    """The ids of the rules that the last command reports; those before it find nothing.

    All commands run in the application's folder.
    """
    write_application(folder, package, files)
    *before, last = files[COMMANDS].replace(PACKAGE, package).replace(SERVER, server).splitlines()
    with chdir(folder):
        for command in before:
            assert _run(command)[0] == 0, command
        code, written = _run(last)
    rules = {finding["rule"] for finding in json.loads(written)["findings"]}
    assert code == (1 if rules else 0)
    return rules


def _run(command: str) -> tuple[int, str]:
    """The exit code, and for `hangar-dal` its findings as JSON."""
    program, *arguments = shlex.split(command)
    if program != "hangar-dal":
        return subprocess.run(["sh", "-c", command], check=False).returncode, ""
    with redirect_stdout(StringIO()) as written:
        code = cli.main([*arguments, "--json"])
    return code, written.getvalue()
