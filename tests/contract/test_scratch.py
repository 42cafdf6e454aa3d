"""Scratch databases: migrated like real ones, out of everybody's way, and gone afterwards whatever happens."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from hangar_dal import migrations
from hangar_dal.contract.project import Project, read_project
from hangar_dal.contract.scratch import scratch_postgresql, scratch_sqlite
from hangar_dal.errors import MigrationError, SettingsError, StatementError
from hangar_dal.migrations import scratch
from hangar_dal.migrations.scripts import packaged_folder
from hangar_dal.settings import PostgresTarget, parse_url

Left = Callable[[], list[str]]

ADD = "CREATE TABLE orders (id {} NOT NULL PRIMARY KEY, user_id {} NOT NULL REFERENCES users (id));"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An application with one migration of its own, which refers to a table of this package."""
    folder = tmp_path / "shop migrations"
    for dialect, uuid in (("sqlite", "text"), ("postgresql", "uuid")):
        (folder / dialect).mkdir(parents=True)
        (folder / dialect / "0001_orders.sql").write_text(ADD.format(uuid, uuid))
        (folder / dialect / "0001_orders.rollback.sql").write_text("DROP TABLE orders;")
    (folder / "0001_orders.py").write_text((packaged_folder() / "0001_users.py").read_text())
    return Project((), (packaged_folder(), folder))


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """How the names of this test's scratch databases end; other tests have theirs on the same server."""
    ending = token_hex(6)
    monkeypatch.setattr(scratch, "token_hex", lambda _: ending)
    return ending


@pytest.fixture
def left(empty_postgres_url: str, mark: str) -> Left:
    """The scratch databases and schemas of this test that are there."""

    def names() -> list[str]:
        with closing(psycopg.connect(empty_postgres_url)) as connection:
            rows = connection.execute("SELECT datname FROM pg_database UNION SELECT nspname FROM pg_namespace")
            return [name for (name,) in rows if name.startswith("hangar_check_") and name.endswith(mark)]

    return names


def target(url: str) -> str:
    found = parse_url(url)
    assert isinstance(found, PostgresTarget)
    return found.conninfo


@pytest.fixture
def poor_url(empty_postgres_url: str) -> Iterator[Callable[[str], str]]:
    """The same database for a role that may not create another; the argument is what it is granted there."""
    role, password = f"hangar_{token_hex(6)}", token_hex(16)
    with psycopg.connect(empty_postgres_url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), password))

        def url(granted: str) -> str:
            name = sql.Identifier(owner.info.dbname)
            owner.execute(sql.SQL(f"GRANT {granted} ON DATABASE {{}} TO {{}}").format(name, sql.Identifier(role)))
            host, port = owner.info.host, owner.info.port
            return f"postgresql://{role}:{password}@/{owner.info.dbname}?host={host}&port={port}"

        yield url
        owner.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(role)))
        owner.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))


def test_the_sqlite_file_has_the_tables_of_the_package_and_of_the_application(project: Project) -> None:
    with scratch_sqlite(project) as path:
        with closing(sqlite3.connect(path)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names >= {"users", "session_cookies", "orders", "_yoyo_migration"}
    assert not path.parent.exists()


def test_the_postgresql_database_has_them_too_and_is_dropped(
    empty_postgres_url: str, project: Project, left: Left
) -> None:
    with scratch_postgresql(project, empty_postgres_url) as conninfo:
        with closing(psycopg.connect(conninfo)) as connection:
            found = connection.execute("SELECT to_regclass('users'), to_regclass('orders')").fetchone()
            assert found == ("users", "orders")
        assert len(left()) == 1
    assert left() == []
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        assert connection.execute("SELECT to_regclass('users')").fetchone() == (None,)


def test_it_is_dropped_though_somebody_is_connected_and_the_check_fails(empty_postgres_url: str, left: Left) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_postgresql(read_project(), empty_postgres_url) as conninfo:
        left_open = psycopg.connect(conninfo)
        raise KeyboardInterrupt
    left_open.close()
    assert left() == []


def test_it_is_dropped_when_a_migration_fails(empty_postgres_url: str, project: Project, left: Left) -> None:
    (project.migrations[1] / "postgresql" / "0001_orders.sql").write_text("CREATE TABLE broken (id nonsense);")
    with pytest.raises(MigrationError, match="nonsense"), scratch_postgresql(project, empty_postgres_url):
        pass
    assert left() == []


def test_a_role_that_may_not_create_a_database_gets_a_schema(
    poor_url: Callable[[str], str], project: Project, empty_postgres_url: str, left: Left
) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as owner:
        owner.execute("CREATE TABLE public.of_somebody_else (id bigint); GRANT SELECT ON of_somebody_else TO public")
    with scratch_postgresql(project, poor_url("CREATE")) as conninfo, closing(psycopg.connect(conninfo)) as connection:
        (schema,) = left()
        assert connection.execute("SELECT current_schemas(FALSE)").fetchone() == ([schema],)
        assert connection.execute("SELECT to_regclass('orders') IS NOT NULL").fetchone() == (True,)
        assert connection.execute("SELECT to_regclass('of_somebody_else')").fetchone() == (None,)
    assert left() == []


def test_a_role_that_may_create_nothing_is_told_what_to_grant(poor_url: Callable[[str], str]) -> None:
    with (
        pytest.raises(StatementError, match="CREATEDB"),
        scratch_postgresql(read_project(), poor_url("CONNECT")),
    ):
        pass


def test_only_what_a_run_left_long_ago_is_dropped(empty_postgres_url: str) -> None:
    now = int(time.time())
    old, used, young = (f"hangar_check_{now - age}_{token_hex(6)}" for age in (90_000, 90_000, 60))
    names_of_others = [f"hangar_check_{now - 90_000}", f"my_hangar_check_{now - 90_000}_{token_hex(6)}"]
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as connection:
        for name in (old, used, young, *names_of_others):
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(old)))
        try:
            in_use = make_conninfo(target(empty_postgres_url), dbname=used)
            with closing(psycopg.connect(in_use)), scratch_postgresql(read_project(), empty_postgres_url):
                pass
            rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE '%hangar_check_%'")
            assert {name for (name,) in rows} >= {used, young, *names_of_others}
            assert not [name for (name,) in connection.execute("SELECT nspname FROM pg_namespace") if name == old]
            assert not [name for (name,) in connection.execute("SELECT datname FROM pg_database") if name == old]
        finally:
            for name in (old, used, young, *names_of_others):
                connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def test_an_interrupted_process_leaves_nothing(empty_postgres_url: str, mark: str, left: Left) -> None:
    program = (
        "import sys, time\n"
        "from hangar_dal.contract.project import read_project\n"
        "from hangar_dal.contract.scratch import scratch_postgresql\n"
        "from hangar_dal.migrations import scratch\n"
        "scratch.token_hex = lambda _: sys.argv[2]\n"
        "with scratch_postgresql(read_project(), sys.argv[1]):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(600)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, empty_postgres_url, mark],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert left() != []
        process.send_signal(signal.SIGINT)
        process.wait(timeout=300)
    assert left() == []


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM], ids=lambda stop: stop.name)
def test_a_command_that_is_stopped_leaves_nothing_and_says_nothing(
    stop: signal.Signals, empty_postgres_url: str, mark: str, left: Left
) -> None:
    program = (
        "import sys, time\n"
        "from hangar_dal import cli\n"
        "from hangar_dal.contract import checking\n"
        "from hangar_dal.migrations import scratch\n"
        "def wait(*_, **__):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(600)\n"
        "checking.check_against = wait\n"
        "mark = sys.argv.pop()\n"
        "scratch.token_hex = lambda _: mark\n"
        "sys.exit(cli.run())\n"
    )
    command = [sys.executable, "-c", program, "check", "--postgresql", empty_postgres_url]
    with subprocess.Popen([*command, mark], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert left() != []
        process.send_signal(stop)
        _, said = process.communicate(timeout=300)
    assert (process.returncode, said) == (128 + stop, b"")
    assert left() == []


def test_a_sqlite_url_is_refused() -> None:
    with pytest.raises(SettingsError, match="postgresql://"), scratch_postgresql(read_project(), "sqlite:///x.db"):
        pass


def test_two_folders_with_a_migration_of_one_id_are_refused(project: Project) -> None:
    twice = Project((), (*project.migrations, project.migrations[1]))
    with pytest.raises(MigrationError, match="0001_orders stands in"), scratch_sqlite(twice):
        pass


def test_an_application_applies_its_folders_behind_the_packaged_ones(empty_database_url: str, project: Project) -> None:
    applied = migrations.apply(empty_database_url, folders=project.migrations[1:])
    assert applied[0] == "0001_users"
    assert applied[-1] == "0001_orders"
    assert migrations.apply(empty_database_url, folders=project.migrations[1:]) == ()


def test_a_folder_that_is_not_there_is_refused(project: Project, tmp_path: Path) -> None:
    with (
        pytest.raises(MigrationError, match="nowhere is no folder"),
        scratch_sqlite(Project((), (*project.migrations, tmp_path / "nowhere"))),
    ):
        pass
