"""Scratch databases: migrated like real ones, out of everybody's way, and gone afterwards whatever happens."""

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import psycopg
import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.check.databases.scratch import scratch_postgresql, scratch_sqlite
from hangar_dal.check.project.project import Project, given_project
from hangar_dal.errors import MigrationError, ScratchError, SettingsError
from hangar_dal.migrations import leftovers, locks
from hangar_dal.migrations import scratch as scratches
from hangar_dal.migrations.scratch import empty_postgresql
from hangar_dal.settings import PostgresTarget, parse_url

Left = Callable[[], list[str]]
PoorUrl = Callable[[str], str]
There = Callable[[psycopg.Connection], list[str]]

OWN = given_project(["hangar_dal:ACCOUNTS"], ())
ADD = "CREATE TABLE orders (id {} NOT NULL PRIMARY KEY, user_id {} NOT NULL REFERENCES users (id));"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An application with one migration of its own, which refers to a table of this package."""
    folder = tmp_path / "shop migrations"
    for dialect, uuid in (("sqlite", "text"), ("postgresql", "uuid")):
        (folder / dialect).mkdir(parents=True)
        (folder / dialect / "0001_orders.sql").write_text(ADD.format(uuid, uuid))
        (folder / dialect / "0001_orders.rollback.sql").write_text("DROP TABLE orders;")
    (folder / "0001_orders.py").write_text((ACCOUNTS.migrations / "0001_users.py").read_text())
    return Project((), (ACCOUNTS.migrations, folder))


@pytest.fixture(autouse=True)
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """How the names of this test's scratch databases end; other tests have theirs on the same server."""
    ending = token_hex(6)
    monkeypatch.setattr(leftovers, "new_name", lambda now: f"hangar_check_{now}_{ending}")
    monkeypatch.setattr(scratches, "new_name", leftovers.new_name)
    return ending


@pytest.fixture
def left(empty_postgres_url: str, mark: str) -> Left:
    """The scratch databases of this test that are there."""

    def names() -> list[str]:
        with closing(psycopg.connect(empty_postgres_url)) as connection:
            rows = connection.execute("SELECT datname FROM pg_database")
            return [name for (name,) in rows if name.startswith("hangar_check_") and name.endswith(mark)]

    return names


def target(url: str) -> str:
    found = parse_url(url)
    assert isinstance(found, PostgresTarget)
    return found.conninfo


def test_the_sqlite_file_has_the_tables_of_the_package_and_of_the_application(project: Project) -> None:
    with scratch_sqlite(project) as scratch:
        path = Path(scratch.location.path)
        with closing(sqlite3.connect(path)) as connection:
            names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert names >= {"users", "session_cookies", "orders", "_yoyo_migration"}
    assert not path.parent.exists()


def test_the_postgresql_database_has_them_too_and_is_dropped(
    empty_postgres_url: str, project: Project, left: Left
) -> None:
    with scratch_postgresql(project, empty_postgres_url) as scratch:
        with closing(scratch.connect()) as connection:
            found = connection.execute("SELECT to_regclass('users'), to_regclass('orders')").fetchone()
            assert found == ("users", "orders")
        assert len(left()) == 1
    assert left() == []
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        assert connection.execute("SELECT to_regclass('users')").fetchone() == (None,)


def test_it_is_dropped_though_somebody_is_connected_and_the_check_fails(empty_postgres_url: str, left: Left) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_postgresql(OWN, empty_postgres_url) as scratch:
        left_open = scratch.connect()
        raise KeyboardInterrupt
    left_open.close()
    assert left() == []


def test_it_is_dropped_when_a_migration_fails(empty_postgres_url: str, project: Project, left: Left) -> None:
    (project.migrations[1] / "postgresql" / "0001_orders.sql").write_text("CREATE TABLE broken (id nonsense);")
    with pytest.raises(MigrationError, match="nonsense"), scratch_postgresql(project, empty_postgres_url):
        pass
    assert left() == []


def test_a_role_that_may_not_create_a_database_is_told_what_to_do(poor_url: PoorUrl) -> None:
    url = poor_url("NOCREATEDB")
    what_to_do = r"not checked: .* ALTER ROLE hangar_\w+ CREATEDB .* --throwaway URL"
    with pytest.raises(ScratchError, match=what_to_do), scratch_postgresql(OWN, url):
        pass


def test_the_lock_is_held_as_long_as_the_scratch_exists(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as connection:
        with empty_postgresql(empty_postgres_url) as made:
            assert locks.key_of(made.database) in locks.held(connection)
        while locks.key_of(made.database) in locks.held(connection):
            time.sleep(0.01)  # the server ends the session after the client has closed it


def test_a_url_with_a_search_path_of_its_own_works_in_a_scratch(empty_postgres_url: str) -> None:
    url = f"{empty_postgres_url}&options=-csearch_path%3D%22Shop%22%2Cextensions"
    with scratch_postgresql(OWN, url) as scratch, closing(scratch.connect()) as connection:
        assert connection.execute("SELECT current_schema(), to_regclass('users')").fetchone() == ("Shop", "users")


def test_an_interrupted_process_leaves_nothing(empty_postgres_url: str, mark: str, left: Left) -> None:
    program = (
        "import sys, time\n"
        "from hangar_dal.check.project.project import given_project\n"
        "from hangar_dal.check.databases.scratch import scratch_postgresql\n"
        "from hangar_dal.migrations import scratch\n"
        "scratch.new_name = lambda now: f'hangar_check_{now}_{sys.argv[2]}'\n"
        "with scratch_postgresql(given_project(['hangar_dal:ACCOUNTS'], ()), sys.argv[1]):\n"
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
        "from hangar_dal.check import run\n"
        "from hangar_dal.migrations import scratch\n"
        "def wait(*_, **__):\n"
        "    print('ready', flush=True)\n"
        "    time.sleep(600)\n"
        "run.check_against = wait\n"
        "mark = sys.argv.pop()\n"
        "scratch.new_name = lambda now: f'hangar_check_{now}_{mark}'\n"
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
    with pytest.raises(SettingsError, match="postgresql://"), scratch_postgresql(OWN, "sqlite:///x.db"):
        pass


def test_two_folders_with_a_migration_of_one_id_are_refused(project: Project) -> None:
    twice = Project((), (*project.migrations, project.migrations[1]))
    with pytest.raises(MigrationError, match="0001_orders is in"), scratch_sqlite(twice):
        pass


def test_an_application_applies_its_folders_behind_the_packaged_ones(empty_database_url: str, project: Project) -> None:
    applied = migrations.apply(empty_database_url, folders=project.migrations[1:], catalog=ACCOUNTS)
    assert applied[0] == "0001_users"
    assert applied[-1] == "0001_orders"
    assert migrations.apply(empty_database_url, folders=project.migrations[1:], catalog=ACCOUNTS) == ()


def test_a_folder_that_is_not_there_is_refused(project: Project, tmp_path: Path) -> None:
    with (
        pytest.raises(MigrationError, match="nowhere is not a folder"),
        scratch_sqlite(Project((), (*project.migrations, tmp_path / "nowhere"))),
    ):
        pass
