"""What the tests of migrations share: raw connections, schemas, and a checkout that they may spoil."""

import atexit
import gc
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack, chdir, closing
from pathlib import Path
from typing import Any

import pytest
from yoyo.scripts.main import main as yoyo_main

from hangar_dal import ACCOUNTS, cli
from hangar_dal.migrations.files import folders_of
from hangar_dal.migrations.loading import YOYO_LOG
from hangar_dal.migrations.new import SHIM
from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.schema_history import read_schema
from hangar_dal.migrations.targets import target_of
from hangar_dal.migrations.verify import verify
from hangar_dal.rules import Finding
from hangar_dal.sqlscan import DIALECTS
from tests.migrations.everything import EVERYTHING

ROOT = Path(__file__).parents[2]

# What the engine says to each connection, as far as a raw one needs it too.
FOREIGN_KEYS = {"sqlite": "PRAGMA foreign_keys = ON", "postgresql": "SELECT 1"}

_TABLE = re.compile(r"(CREATE TABLE [^;]*\))\s*(;|$)")

Query = Callable[[str, str], list[tuple[Any, ...]]]
Run = subprocess.CompletedProcess[str]

# Other processes may be writing compiled modules.
COMPILED = shutil.ignore_patterns("__pycache__")


@pytest.fixture
def query() -> Query:
    """Runs one statement by the raw driver, on either database, and returns its rows."""

    def run(url: str, sql: str) -> list[tuple[Any, ...]]:
        target = target_of(url)
        with closing(target.connect()) as connection:
            connection.execute(FOREIGN_KEYS[target.dialect])
            connection.execute("BEGIN")
            cursor = connection.execute(sql)
            rows = cursor.fetchall() if cursor.description else []
            connection.commit()
            return rows

    return run


@pytest.fixture
def schema_of() -> Callable[[str], Schema]:
    def read(url: str) -> Schema:
        target = target_of(url)
        with closing(target.connect()) as connection:
            connection.execute("BEGIN")
            schema = read_schema(target.dialect, connection)
            connection.rollback()
            return schema

    return read


@pytest.fixture
def dialect(empty_database_url: str) -> str:
    """The folder of the database that this test has."""
    return target_of(empty_database_url).dialect


@pytest.fixture
def packaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the packaged migrations that the functions of `hangar_dal.migrations` take for the original."""
    folder = shutil.copytree(ACCOUNTS.migrations, tmp_path / "packaged", ignore=COMPILED)
    monkeypatch.setattr(ACCOUNTS, "_migrations", folder)
    return folder


@pytest.fixture
def first_three(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same with the first three migrations alone: what tools do with them shows in a fifth of the time."""
    folder = tmp_path_factory.mktemp("catalog") / "migrations"
    later = (f"{each}.*" for each in EVERYTHING[3:])
    shutil.copytree(ACCOUNTS.migrations, folder, ignore=shutil.ignore_patterns("__pycache__", *later))
    monkeypatch.setattr(ACCOUNTS, "_migrations", folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of migrations in the place of the packaged ones, so that a test applies only its own."""
    made = tmp_path / "own"
    for dialect in DIALECTS:
        (made / dialect).mkdir(parents=True)
    monkeypatch.setattr(ACCOUNTS, "_migrations", made)
    return made


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `yoyo` needs of the repository, in a folder whose name has spaces and brackets."""
    folder = tmp_path / "my check out [1]"
    shutil.copytree(ACCOUNTS.migrations, folder / "sql" / "accounts" / "migrations", ignore=COMPILED)
    shutil.copy(ROOT / "yoyo.ini", folder)
    command = Path("src/hangar_dal/migrations/new.py")  # what yoyo.ini starts for `yoyo new`
    (folder / command.parent).mkdir(parents=True)
    shutil.copy(ROOT / command, folder / command)
    return folder


@pytest.fixture
def add_migration() -> Callable[..., None]:
    """Adds a numbered migration to a folder; files not named hold a statement that does nothing.

    The tables of SQLite become STRICT, so that one text serves both databases.
    """

    def add(folder: Path, migration: str, *, strict: bool = True, **scripts: str) -> None:
        (folder / f"{migration}.py").write_text(SHIM)
        for dialect in DIALECTS:
            text = scripts.get(dialect, scripts.get("apply", "SELECT 1;"))
            if dialect == "sqlite" and strict:
                text = _TABLE.sub(r"\1 STRICT\2", text.replace("bigint", "integer"))
            (folder / dialect / f"{migration}.sql").write_text(text)
            (folder / dialect / f"{migration}.rollback.sql").write_text(scripts.get("rollback", "SELECT 1;"))

    return add


@pytest.fixture
def yoyo(checkout: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Runs `yoyo` in the checkout on the given database, else on the default, without a new process.

    Its log is in `caplog`, not in stderr.
    """

    def run(*arguments: str, url: str | None = None, cwd: Path = checkout) -> Run:
        with pytest.MonkeyPatch.context() as patch, ExitStack() as at_exit, chdir(cwd):
            gc.disable()  # what the command makes stays in the youngest generation, the only one collected below
            at_exit.callback(gc.enable)
            patch.setattr(atexit, "register", at_exit.callback)
            patch.setattr(sys, "excepthook", sys.__excepthook__)
            patch.setattr(YOYO_LOG, "filters", [])
            if url is not None:
                patch.setenv("DATABASE_URL", url)
            try:
                code = yoyo_main(arguments) or 0
            except SystemExit as leaving:
                code = int(leaving.code or 0)
            except Exception as error:
                code = 1
                sys.excepthook(type(error), error, error.__traceback__)
        gc.collect(0)  # a connection that was left open warns now, in the test that opened it
        return Run(arguments, code, *capfd.readouterr())

    return run


@pytest.fixture
def yoyo_process(checkout: Path) -> Callable[..., Run]:
    """Runs `yoyo` in the checkout as a shell would, on the given database, else on the default."""

    def run(*arguments: str, url: str | None = None) -> Run:
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        if url is not None:
            environment["DATABASE_URL"] = url
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "yoyo", *arguments],
            cwd=checkout, env=environment, capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def application(tmp_path: Path, add_migration: Callable[..., None]) -> Path:
    """The migrations of an application: one table of its own, behind the packaged ones."""
    folder = tmp_path / "application"
    for dialect in DIALECTS:
        (folder / dialect).mkdir(parents=True)
    add_migration(folder, "1001_orders", apply="CREATE TABLE orders (id integer);", rollback="DROP TABLE orders;")
    return folder


@pytest.fixture
def in_process(capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """The same without a new process, where none is needed to tell."""

    def run(*arguments: str) -> Run:
        try:
            code = cli.main(arguments)
        except SystemExit as leaving:  # argparse's own way out
            code = int(leaving.code or 0)
        return Run(arguments, code, *capsys.readouterr())

    return run


@pytest.fixture
def findings(empty_sqlite_url: str, empty_postgres_url: str) -> Callable[..., tuple[Finding, ...]]:
    """Verifies without squawk, unless told otherwise; no database has had anything, unless one is named."""

    def run(*folders: Path, **options: Any) -> tuple[Finding, ...]:
        return verify(
            folders_of([ACCOUNTS], folders),
            **{"postgresql": empty_postgres_url, "lint": False, "database": empty_sqlite_url} | options,
        )

    return run
