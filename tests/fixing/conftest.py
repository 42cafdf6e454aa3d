"""A store of items whose SQL files the tests write, fix and read again."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import Catalog
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.project.project import Project
from hangar_dal.check.project.section import Section
from hangar_dal.fixing import Fixes, plan_fixes, write
from hangar_dal.sqlscan import DIALECTS, Dialect

TABLES = """
CREATE TABLE items (
    id text PRIMARY KEY, name text, name_fold text, note text, price integer, is_active integer, created_at text,
    owner_id text, title text
) STRICT;
CREATE TABLE owners (id text PRIMARY KEY, owner_name text, note text) STRICT;
"""
PYTHON = """
from hangar_dal import Executor, Row, RowCount

class Item(Row):
    id: str
    name: str
    note: str | None
    price: int

@query
async def get_item(db: Executor, item_id: str) -> Item: ...
@query
async def find_item(db: Executor, name: str) -> Item | None: ...
@query
async def list_items(db: Executor, *, note: str | None = None) -> list[Item]: ...
@query
async def delete_item(db: Executor, item_id: str) -> RowCount: ...
"""
GET = """\
-- name: get_item
-- One item.
SELECT
    id,
    name,
    note,
    price
FROM items
WHERE id = :item_id;
"""
FIND = """\
-- name: find_item
SELECT
    id,
    name,
    note,
    price
FROM items
WHERE name = :name;
"""
LIST = """\
-- name: list_items
SELECT
    id,
    name,
    note,
    price
FROM items
WHERE
    TRUE
    AND note = :note  -- when note
ORDER BY id;
"""
DELETE = """\
-- name: delete_item
DELETE FROM items
WHERE id = :item_id;
"""
ALL = "\n".join([GET, FIND, LIST, DELETE])


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Those of a real database."""
    path = tmp_path_factory.mktemp("fixing") / "tables.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
    with SqliteProbe(path) as probe:
        return probe.tables()


class Store:
    """A project of one catalog; `sqlite` and `postgresql` are the bytes of its two SQL files, None for no file."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.folder = folder
        self.tables = tables
        self.catalog = Catalog("store", sql=folder / "sql")
        exec(PYTHON, {"__name__": "items", "query": self.catalog.query})

    def path(self, dialect: Dialect) -> Path:
        return self.folder / "sql" / dialect / "items.sql"

    def write(self, sqlite: str | None, postgresql: str | None, *, line_break: str = "\n") -> None:
        for dialect, text in (("sqlite", sqlite), ("postgresql", postgresql)):
            path = self.path(dialect)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if text is not None:
                path.write_bytes(text.replace("\n", line_break).encode())

    def read(self) -> list[str | None]:
        paths = [self.path(dialect) for dialect in DIALECTS]
        return [path.read_bytes().decode() if path.exists() else None for path in paths]

    def plan(self, source: Dialect | None = None) -> Fixes:
        section = Section(self.folder / "pyproject.toml", self.folder)
        return plan_fixes(Project((self.catalog,), (), section=section), self.tables, source=source)

    def fix(self, source: Dialect | None = None) -> Fixes:
        """Write all changes; a second run has none."""
        fixes = self.plan(source)
        for change in fixes.changes:
            write(change)
        again = self.plan(source)
        assert not again.changes
        assert again.left == fixes.left or fixes.changes
        return fixes


@pytest.fixture
def store(tmp_path: Path, tables: Tables) -> Store:
    return Store(tmp_path / "store", tables)
