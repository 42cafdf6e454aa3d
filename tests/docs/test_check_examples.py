"""The examples of docs/check.md: each gets the finding under which it is shown, and its corrected form gets none."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pytest

from docs.documents import ROOT
from hangar_dal import ACCOUNTS
from hangar_dal.contract import read_project
from hangar_dal.contract.checking import check_against
from hangar_dal.contract.live import live_postgresql, live_sqlite
from hangar_dal.contract.project import Project
from hangar_dal.contract.sources import DatabaseInfo
from hangar_dal.migrations.new import SHIM
from postgres_server import Server

TABLES = {
    "sqlite": "CREATE TABLE items (id text PRIMARY KEY NOT NULL, name text NOT NULL, note text, picture blob) STRICT;",
    "postgresql": "CREATE TABLE items (id uuid PRIMARY KEY, name text NOT NULL, note text, picture bytea);\n",
}
CATALOG = """\
from pathlib import Path
from hangar_dal import ACCOUNTS, Catalog

CATALOG = Catalog("{package}", sql=Path(__file__).parent / "sql", uses=[ACCOUNTS])
"""
MODULE = """\
from typing import Annotated
from uuid import UUID
from hangar_dal import Executor, Row, RowCount, Sealed, Stream
from {package} import CATALOG

query = CATALOG.query

class Item(Row):
    id: UUID
    name: str

"""


@dataclass(frozen=True)
class Example:
    """`quoted` is on the page and in `wrong`, the files that get the finding; those in `right` replace some of them."""

    rule: str
    quoted: Sequence[str]
    wrong: Mapping[str, str]
    right: Mapping[str, str]


def sql(text: str) -> dict[str, str]:
    return {f"sql/{dialect}/items.sql": text for dialect in TABLES}


def result(rule: str, function: str, wrong: str, right: str) -> Example:
    """A function whose statement is wrong."""
    name = function.partition("(")[0]
    is_stream = "Stream[" in function
    declared = {"items.py": f"@query\n{'' if is_stream else 'async '}def {function}: ...\n"}
    files = {**declared, **sql(f"-- name: {name}\n{wrong};\n")}
    return Example(rule, [wrong], files, sql(f"-- name: {name}\n{right};\n"))


def condition(rule: str, wrong: str, right: str) -> Example:
    """A list of items by name."""

    def listed(where: str) -> dict[str, str]:
        return sql(f"-- name: list_items\nSELECT id, name FROM items {where} ORDER BY id;\n")

    declared = {"items.py": "@query\nasync def list_items(db: Executor, name: str) -> list[Item]: ...\n"}
    return Example(rule, [wrong], {**declared, **listed(wrong)}, listed(right))


LIST = "@query\nasync def list_items(db: Executor) -> list[Item]: ...\n"
GET = "@query\nasync def get_item(db: Executor, id: UUID) -> Item: ...\n"
LISTED = "-- name: list_items\nSELECT id, name FROM items ORDER BY id;\n"
GOT = "-- name: get_item\nSELECT id, name FROM items WHERE id = :id;\n"
INSERT = "INSERT INTO items (id, name) VALUES (:id, :name)"
NOTED = "class Noted(Row):\n    id: UUID\n    name: str\n    note: str | None\n"
SEALED = 'note: Annotated[str, Sealed("items", "note", bind=("id",))]'
OTHER_PLACE = 'Annotated[str, Sealed("orders", "note", bind=("id",))]'
EXAMPLES = [
    Example(
        "sealed-elsewhere",
        [OTHER_PLACE],
        {
            "items.py": f"@query\nasync def set_note(db: Executor, id: UUID, note: {OTHER_PLACE}) -> RowCount: ...\n",
            **sql("-- name: set_note\nUPDATE items SET note = :note WHERE id = :id;\n"),
        },
        {"items.py": f"@query\nasync def set_note(db: Executor, id: UUID, {SEALED}) -> RowCount: ...\n"},
    ),
    Example(
        "sealed-compared",
        ["WHERE note = :note"],
        {
            "items.py": f"@query\nasync def list_items(db: Executor, id: UUID, {SEALED}) -> list[Item]: ...\n",
            **sql("-- name: list_items\nSELECT id, name FROM items WHERE note = :note AND id <> :id ORDER BY id;\n"),
        },
        {
            "items.py": "@query\nasync def list_items(db: Executor, id: UUID, name: str) -> list[Item]: ...\n",
            **sql("-- name: list_items\nSELECT id, name FROM items WHERE name = :name AND id <> :id ORDER BY id;\n"),
        },
    ),
    Example(
        "file-shared",
        ["items.sql", "reports"],
        {"items.py": LIST, "reports/__init__.py": "", "reports/items.py": GET, **sql(LISTED)},
        {"reports/items.py": ""},
    ),
    Example(
        "block-undeclared",
        ["-- name: list_item", "list_items"],
        {"items.py": LIST, **sql(LISTED.replace("list_items", "list_item"))},
        sql(LISTED),
    ),
    Example(
        "twins-order",
        ["get_item", "list_items"],
        {"items.py": f"{GET}{LIST}", **sql(f"{GOT}\n{LISTED}"), "sql/sqlite/items.sql": f"{LISTED}\n{GOT}"},
        sql(f"{GOT}\n{LISTED}"),
    ),
    condition("parameter-quoted", "WHERE name = ':name'", "WHERE name = :name"),
    condition("parameter-quoted", "WHERE note = 'by :name'", "WHERE note = 'by ' || :name"),
    Example(
        "parameter-unfit",
        ["SET note = :note WHERE name = :name", SEALED.removeprefix("note: ")],
        {
            "items.py": f"@query\nasync def set_note(db: Executor, id: UUID, name: str, {SEALED}) -> RowCount: ...\n",
            **sql("-- name: set_note\nUPDATE items SET note = :note WHERE name = :name;\n"),
        },
        sql("-- name: set_note\nUPDATE items SET note = :note WHERE name = :name AND id = :id;\n"),
    ),
    Example(
        "parameter-unfit",
        ["list[NewItem]", "picture: bytes"],
        {
            "items.py": "class NewItem(Row):\n    id: UUID\n    picture: bytes\n"
            "@query\nasync def insert_items(db: Executor, items: list[NewItem]) -> RowCount: ...\n",
            **sql("-- name: insert_items\nINSERT INTO items SELECT :items;\n"),
        },
        {
            "items.py": "@query\nasync def insert_item(db: Executor, id: UUID, picture: bytes) -> RowCount: ...\n",
            **sql("-- name: insert_item\nINSERT INTO items (id, name, picture) VALUES (:id, '', :picture);\n"),
        },
    ),
    result(
        "stream-writes",
        "stream_items(db: Executor) -> Stream[Item]",
        "SELECT id, name FROM items ORDER BY id FOR UPDATE",
        "SELECT id, name FROM items ORDER BY id",
    ),
    result(
        "required-column",
        "insert_item(db: Executor, id: UUID) -> RowCount",
        "INSERT INTO items (id) VALUES (:id)",
        "INSERT INTO items (id, name) VALUES (:id, '')",
    ),
    Example(
        "field-unstored",
        [INSERT, "note: str | None"],
        {
            "items.py": f"{NOTED}@query\nasync def insert_item(db: Executor, new: Noted) -> RowCount: ...\n",
            **sql(f"-- name: insert_item\n{INSERT};\n"),
        },
        sql("-- name: insert_item\nINSERT INTO items (id, name, note) VALUES (:id, :name, :note);\n"),
    ),
    result(
        "column-missing",
        "list_items(db: Executor) -> list[Item]",
        "SELECT id FROM items ORDER BY id",
        "SELECT id, name FROM items ORDER BY id",
    ),
    result(
        "column-extra",
        "list_items(db: Executor) -> list[Item]",
        "SELECT id, name, note FROM items ORDER BY id",
        "SELECT id, name FROM items ORDER BY id",
    ),
    result(
        "column-order",
        "list_items(db: Executor) -> list[Item]",
        "SELECT name, id FROM items ORDER BY id",
        "SELECT id, name FROM items ORDER BY id",
    ),
]


@pytest.fixture(scope="module")
def sources(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sequence[DatabaseInfo]]:
    """Both databases with the table `items`."""
    folder = tmp_path_factory.mktemp("migrations")
    write(folder, {"1001_items.py": SHIM})
    for dialect, table in TABLES.items():
        write(folder, {f"{dialect}/1001_items.sql": table, f"{dialect}/1001_items.rollback.sql": "DROP TABLE items;\n"})
    project = Project((), (ACCOUNTS.migrations, folder))
    with ExitStack() as opened, pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        url = postgres_server.url("postgres")
        yield [opened.enter_context(live_postgresql(project, url)), opened.enter_context(live_sqlite(project))]


def write(folder: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def rules_found(folder: Path, package: str, files: Mapping[str, str], sources: Sequence[DatabaseInfo]) -> set[str]:
    """The rules that the application breaks; its package has a name of its own, because it stays imported."""
    section = (
        f'[tool.hangar_dal]\ncatalogs = ["{package}:CATALOG"]\nmodules = ["{package}"]\nsmall_tables = ["items"]\n'
    )
    write(folder, {"pyproject.toml": section})
    preamble = MODULE.format(package=package)
    modules = {name: f"{preamble}{text}" if name.endswith("items.py") else text for name, text in files.items()}
    write(folder / package, {"__init__.py": CATALOG.format(package=package), **modules})
    report = check_against(read_project(folder / "pyproject.toml"), sources)
    return {finding.rule for finding in report.findings}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"{example.rule}: {example.quoted[0]}")
def test_an_example_of_the_page_gets_its_finding(
    example: Example, sources: Sequence[DatabaseInfo], tmp_path: Path
) -> None:
    page = (ROOT / "docs" / "check.md").read_text(encoding="utf-8")
    section = re.split(r"^##+ ", page.partition(f"### {example.rule}\n")[2], flags=re.MULTILINE)[0]
    files = "".join(chain(*example.wrong.items()))
    assert [quoted for quoted in example.quoted if quoted not in section or quoted not in files] == []
    package = tmp_path.name
    assert example.rule in rules_found(tmp_path, f"wrong_{package}", example.wrong, sources)
    right = {**example.wrong, **example.right}
    assert rules_found(tmp_path, f"right_{package}", right, sources) == set()
