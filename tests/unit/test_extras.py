"""The package without the packages of its extras: what works, and what says which one to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hangar_dal
from tests.helpers.postgres_server import Server

ACCOUNTS = ("argon2", "cryptography", "zxcvbn_rs_py")
EVERY = (*ACCOUNTS, "aiosqlite", "psycopg", "sqlglot", "squawk")
# What only checks, migrations, errors, backups, `.env` files or some types of fields need.
NOT_NEEDED = {
    *(*ACCOUNTS, "argparse", "difflib", "dotenv", "http", "idna", "pydantic_settings", "shlex", "sqlglot", "yoyo"),
    *("hangar_dal." + name for name in ("bulk", "catalogs", "check", "cli", "cookie_formats", "migrations", "users")),
    *("hangar_dal.database.sqlite." + name for name in ("copying", "foreign_keys", "sealed", "triggers")),
}
OWN = """
import asyncio
from pathlib import Path
from hangar_dal import Catalog, Executor, Row, Settings, open_database

CATALOG = Catalog("own", sql=Path("sql"))

class Item(Row):
    id: int

@CATALOG.query
async def get_item(db: Executor) -> Item: ...

async def main(url):
    async with open_database(Settings(database_url=url), catalog=CATALOG) as db:
        print((await get_item(db)).id)
"""
CALL = "import asyncio, own; asyncio.run(own.main({!r}))"


def run(code: str, *missing: str, **environment: str) -> str:
    """The output of a process that cannot import these packages, or the last line of its error."""
    hidden = f"import sys; sys.modules.update(dict.fromkeys({missing!r}))\n"
    done = subprocess.run(
        [sys.executable, "-c", hidden + code],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        check=False,
    )
    return done.stdout if done.returncode == 0 else done.stderr.strip().splitlines()[-1]


@pytest.fixture
def own() -> None:
    """A module with a query of its own, in the working directory."""
    Path("own.py").write_text(OWN)
    for dialect in ("sqlite", "postgresql"):
        folder = Path("sql", dialect)
        folder.mkdir(parents=True)
        (folder / "own.sql").write_text("-- name: get_item\nSELECT CAST(7 AS bigint) AS id;\n")


@pytest.mark.usefixtures("own")
def test_an_application_of_its_own_needs_only_the_driver_of_its_database(
    empty_sqlite_url: str, empty_postgres_url: str, postgres_server: Server
) -> None:
    others = [name for name in EVERY if name not in ("aiosqlite", "psycopg")]
    assert run(CALL.format(empty_sqlite_url), "psycopg", *others) == "7\n"
    allowed = {"HANGAR_ALLOW_INSECURE_POSTGRES": "true"} if postgres_server.needs_permission else {}
    assert run(CALL.format(empty_postgres_url), "aiosqlite", *others, **allowed) == "7\n"


@pytest.mark.usefixtures("own")
def test_a_first_query_imports_nothing_that_it_does_not_need(
    empty_sqlite_url: str, empty_postgres_url: str, postgres_server: Server
) -> None:
    """Importing takes most of the time until an application is ready."""
    allowed = {"HANGAR_ALLOW_INSECURE_POSTGRES": "true"} if postgres_server.needs_permission else {}
    shown = f"\nimport sys; print(*({NOT_NEEDED!r} & set(sys.modules)))"
    assert run(CALL.format(empty_sqlite_url) + shown).split() == ["7"]
    assert run(CALL.format(empty_postgres_url) + shown, **allowed).split() == ["7"]


@pytest.mark.parametrize(
    ("code", "missing", "extra"),
    [
        (CALL.format("sqlite:///x.db"), "aiosqlite", "sqlite"),
        (CALL.format("postgresql://localhost/x"), "psycopg", "postgresql"),
        ("from hangar_dal import users", "argon2", "accounts"),
        ("import hangar_dal; hangar_dal.passwords", "zxcvbn_rs_py", "accounts"),
        ("from hangar_dal import two_factor", "cryptography", "accounts"),
        ("from hangar_dal import sealing as s; s.parse_keys(s.new_key())", "cryptography", "sealing"),
    ],
)
@pytest.mark.usefixtures("own")
def test_what_is_missing_is_named_with_the_command_that_installs_it(code: str, missing: str, extra: str) -> None:
    found = run(code, missing)
    assert found.endswith(f": {missing} is not installed; run: pip install 'hangar-dal[{extra}]'"), found


def test_every_public_name_is_imported_at_its_first_use() -> None:
    code = "import hangar_dal; print([name for name in sys.modules if name.startswith('hangar_dal.')])"
    assert run(code, *EVERY) == "[]\n"
    for name in hangar_dal.__all__:
        assert getattr(hangar_dal, name) is not None
        assert name in dir(hangar_dal)
    with pytest.raises(AttributeError, match="module 'hangar_dal' has no attribute 'nothing'"):
        _ = hangar_dal.nothing  # type: ignore[attr-defined]
