"""A small application whose snapshots tests write, change and check."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hangar_dal import ACCOUNTS
from tests.helpers.commands import run_module

TABLE = "CREATE TABLE items (id integer PRIMARY KEY, name text NOT NULL, note text"
MODULE = """\
from pathlib import Path
from hangar_dal import Catalog, Executor, Row

CATALOG = Catalog("store", sql=Path(__file__).parent / "sql")

class Item(Row):
    id: int
    name: str

@CATALOG.query
async def get_item(db: Executor, item_id: int) -> Item: ...

@CATALOG.query
async def list_items(db: Executor, note: str | None = None) -> list[Item]: ...
"""
MORE = """\
from hangar_dal import Executor
from store import CATALOG

@CATALOG.query
async def list_{name}(db: Executor) -> list[int]: ...
"""
MORE_TABLES = {
    "sqlite": "CREATE TABLE more (id integer PRIMARY KEY REFERENCES items (id)) STRICT;",
    "postgresql": "CREATE TABLE more (id bigint PRIMARY KEY REFERENCES items (id));",
}
SQL = """\
-- name: get_item
SELECT id, name FROM items WHERE id = :item_id;

-- name: list_items
SELECT id, name
FROM items
WHERE
    id > 0
    AND note = :note  -- when note
ORDER BY id;
"""


@dataclass(frozen=True)
class Store:
    """An application of its own. It is checked in another process: nothing stays imported."""

    root: Path

    @property
    def file(self) -> Path:
        return self.root / "sql" / "snapshots" / "store.json"

    def snapshots(self) -> dict[str, str]:
        """The text of each file, by its path."""
        folder = self.root / "sql" / "snapshots"
        return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*.json")}

    def add(self, name: str, migration: str, sql: str) -> None:
        (self.root / f"{name}.py").write_text(MORE.format(name=name))
        self.rewrite("pyproject.toml", "modules = [", f'modules = ["{name}", ')
        for dialect in ("sqlite", "postgresql"):
            (self.root / "sql" / dialect / f"{name}.sql").write_text(f"-- name: list_{name}\n{sql}\n")
            (self.root / "migrations" / dialect / f"{migration}.sql").write_text(f"{MORE_TABLES[dialect]}\n")
            (self.root / "migrations" / dialect / f"{migration}.rollback.sql").write_text("DROP TABLE more;\n")
        shutil.copy(ACCOUNTS.migrations / "0001_users.py", self.root / "migrations" / f"{migration}.py")

    def write(self) -> None:
        table = '[tool.hangar_dal]\ncatalogs = ["store:CATALOG"]\nmodules = []\nmigrations = ["migrations"]\n'
        (self.root / "pyproject.toml").write_text(table)
        (self.root / "store.py").write_text(MODULE)
        migrations, queries = self.root / "migrations", self.root / "sql"
        for dialect, end in (("sqlite", ") STRICT;\n"), ("postgresql", ");\n")):
            (migrations / dialect).mkdir(parents=True)
            (queries / dialect).mkdir(parents=True)
            (migrations / dialect / "0100_items.sql").write_text(TABLE + end)
            (migrations / dialect / "0100_items.rollback.sql").write_text("DROP TABLE items;\n")
            (queries / dialect / "store.sql").write_text(SQL)
        shutil.copy(ACCOUNTS.migrations / "0001_users.py", migrations / "0100_items.py")

    def rewrite(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def rewrite_both(self, name: str, old: str, new: str) -> None:
        for dialect in ("sqlite", "postgresql"):
            self.rewrite(name.format(dialect), old, new)

    def check(self, *arguments: str) -> list[tuple[str, str, str, int]]:
        """Rule, dialect, path and line of each finding."""
        found = self.findings(*arguments)
        return [(each["rule"], each["dialect"], each["path"], each["line"]) for each in found]

    def findings(self, *arguments: str) -> list[dict[str, Any]]:
        done = run_module("hangar_dal.cli", "check", "--json", *arguments, cwd=self.root)
        assert done.stdout, done.stderr
        found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
        assert done.returncode == bool(found)
        return found
