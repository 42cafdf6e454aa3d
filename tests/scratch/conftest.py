"""What the tests of scratch databases share."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import psycopg
import pytest
from psycopg import sql

from hangar_dal import cli, migrations
from tests.helpers.postgres_server import Server
from tests.scratch.real import DATA, MIGRATIONS, MODULE, PROJECT, SQL, TESTS, Real

PoorUrl = Callable[[str], str]


@pytest.fixture
def real(_allowed_postgres: Server, request: pytest.FixtureRequest) -> Iterator[Real]:
    """Its owner has the attribute of the test's parameter. The throwaway database is empty."""
    server, password, suffix = _allowed_postgres, token_hex(16), token_hex(6)
    role, name, throwaway = f"hangar_role_{suffix}", f"hangar_real_{suffix}", f"hangar_throwaway_{suffix}"
    with psycopg.connect(server.url(server.maintenance), autocommit=True) as admin:
        attribute = getattr(request, "param", "NOCREATEDB")
        admin.execute(
            sql.SQL(f"CREATE ROLE {{}} LOGIN {attribute} PASSWORD {{}}").format(sql.Identifier(role), password)
        )
        for each in (name, throwaway):
            admin.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(
                    sql.Identifier(each), sql.Identifier(role)
                )
            )
        own = Server(server.host, server.port, role, password, name, server.extra)
        try:
            migrations.apply(own.url(name), folders=[MIGRATIONS])
            with psycopg.connect(own.url(name), autocommit=True) as owner:
                owner.execute(DATA)
            yield Real(own.url(name), server.url(name), role, own.url(throwaway))
        finally:
            found = admin.execute(
                "SELECT d.datname FROM pg_database AS d INNER JOIN pg_roles AS r ON r.oid = d.datdba"
                " WHERE r.rolname = %s",
                [role],
            )
            for (each,) in found.fetchall():
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(each)))
            admin.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


@pytest.fixture
def application() -> str:
    """An application of one query in the working directory; its module's name is its own, since it stays imported."""
    module, folder = f"store_{token_hex(6)}", Path.cwd()
    for dialect in ("sqlite", "postgresql"):
        (folder / "sql" / dialect).mkdir(parents=True)
        (folder / "sql" / dialect / f"{module}.sql").write_text(SQL)
    shutil.copytree(MIGRATIONS, folder / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(PROJECT.format(module=module))
    (folder / f"{module}.py").write_text(MODULE.format(module=module))
    (folder / "test_it.py").write_text(TESTS.format(module=module))
    return module


@pytest.fixture
def command(real: Real, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run a command in this process beside the real database; the exit code and what it said."""
    monkeypatch.setenv("DATABASE_URL", real.url)

    def run(*arguments: str) -> tuple[int, str]:
        code = cli.main(arguments)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def poor_url(empty_postgres_url: str) -> Iterator[PoorUrl]:
    """The same database for another role; the argument is what it may do: CREATEDB or NOCREATEDB."""
    role, password = f"hangar_{token_hex(6)}", token_hex(16)
    with psycopg.connect(empty_postgres_url, autocommit=True) as owner:

        def url(attribute: str) -> str:
            create = sql.SQL(f"CREATE ROLE {{}} LOGIN {attribute} PASSWORD {{}}")
            owner.execute(create.format(sql.Identifier(role), password))
            host, port = owner.info.host, owner.info.port
            return f"postgresql://{role}:{password}@/{owner.info.dbname}?host={host}&port={port}"

        yield url
        owner.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
