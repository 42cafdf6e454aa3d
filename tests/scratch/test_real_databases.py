"""No command touches the database that it is run beside, whatever its role may do, and however the command ends."""

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.helpers.commands import run_module
from tests.helpers.postgres_contents import outside_view
from tests.scratch.real import COMMANDS, Real, kinds

# These read the database, and make no scratch.
READING = (["schema"], ["migrations", "status"], ["migrations", "pending"], ["migrations", "edited"])


@pytest.mark.parametrize("real", ["CREATEDB", "SUPERUSER"], indirect=True)
def test_no_command_of_a_role_that_may_create_databases_touches_its_database(
    real: Real, application: str, command: Callable[..., Any]
) -> None:
    before = real.view()
    for name, arguments in COMMANDS.items():
        code, said = command(*arguments)
        assert (code, real.view()) == (0, before), (name, said)
        assert real.scratches() == [], name


def test_without_createdb_every_command_says_that_postgresql_was_not_checked(
    real: Real, application: str, command: Callable[..., Any]
) -> None:
    before = real.view()
    for name, arguments in COMMANDS.items():
        code, said = command(*arguments)
        assert (code, real.view()) == (1, before), (name, said)
        words = " ".join(said.split())
        assert "PostgreSQL was not checked" in words, name
        assert f"ALTER ROLE {real.role} CREATEDB" in words, name
        assert "--throwaway URL" in words, name
    assert command("explain", "list_names", "--sqlite-only")[0] == 0
    assert not (Path.cwd() / "sql" / "snapshots").exists()


def test_with_a_throwaway_database_every_command_works_and_empties_it(
    real: Real, application: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, empty = real.view(), outside_view(real.throwaway)
    monkeypatch.setenv("HANGAR_THROWAWAY_URL", real.throwaway)
    for name, arguments in COMMANDS.items():
        code, said = command(*arguments)
        assert (code, real.view()) == (0, before), (name, said)
        assert kinds(outside_view(real.throwaway)) == kinds(empty), name


@pytest.mark.parametrize("real", ["NOCREATEDB"], indirect=True)
def test_the_commands_that_read_it_do_so_in_read_only_transactions(
    real: Real, application: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The driver asks before each statement whether the transaction that it would run in may write.

    A new connection first tells a pooler from a server, by its process id: SET has to wait for that.
    """
    may_write: list[str] = []
    execute = psycopg.Cursor.execute

    def asking(self: psycopg.Cursor[Any], query: Any, *arguments: Any, **options: Any) -> Any:
        if not str(query).startswith(("SET", "BEGIN", "SELECT pg_catalog.pg_backend_pid()")):
            execute(self, "SELECT current_setting('transaction_read_only')")
            may_write.extend(str(query) for (found,) in self.fetchall() if found != "on")
        return execute(self, query, *arguments, **options)

    before = real.view()
    monkeypatch.setattr(psycopg.Cursor, "execute", asking)
    for arguments in READING:
        assert command(*arguments)[0] == 0
    monkeypatch.undo()
    assert may_write == []
    assert real.view() == before


@pytest.mark.parametrize("real", ["CREATEDB"], indirect=True)
def test_the_pytest_plugin_touches_no_real_database(real: Real, application: str) -> None:
    before = real.view()
    assert_plugin_passes(HANGAR_TEST_PG=real.url)
    assert real.view() == before
    assert real.scratches() == []


def test_the_pytest_plugin_works_with_a_throwaway_database(real: Real, application: str) -> None:
    before, empty = real.view(), outside_view(real.throwaway)
    assert_plugin_passes(HANGAR_THROWAWAY_URL=real.throwaway)
    assert real.view() == before
    assert kinds(outside_view(real.throwaway)) == kinds(empty)


def assert_plugin_passes(**environment: str) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "HANGAR_TEST_"))}
    done = run_module(
        "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-q",
        "-W", "ignore::pytest.PytestAssertRewriteWarning",  # the package has been imported before pytest starts
        env=kept | environment | {"PYTHONPATH": str(Path.cwd())},
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout + done.stderr


def test_a_check_in_a_throwaway_database_finds_the_same(
    real: Real, application: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The snapshots that a throwaway database gives are those that a created database gives."""
    with closing(psycopg.connect(real.admin, autocommit=True)) as admin:
        admin.execute(sql.SQL("ALTER ROLE {} CREATEDB").format(sql.Identifier(real.role)))
        assert command("check", "--update")[0] == 0
        recorded = snapshots()
        assert len(recorded) == 2  # of one SQL file and of one migration
        admin.execute(sql.SQL("ALTER ROLE {} NOCREATEDB").format(sql.Identifier(real.role)))
    monkeypatch.setenv("HANGAR_THROWAWAY_URL", real.throwaway)
    code, said = command("check")
    assert (code, said.splitlines()[-1]) == (0, "clean: 2 statements agree with their functions and tables")
    assert command("check", "--update")[0] == 0
    assert snapshots() == recorded


def snapshots() -> dict[str, str]:
    return {str(path): path.read_text() for path in (Path.cwd() / "sql" / "snapshots").rglob("*.json")}
