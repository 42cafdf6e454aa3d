"""Only one process applies migrations at a time. A killed one may leave its lock behind."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hangar_dal import ACCOUNTS, migrations
from hangar_dal.errors import DatabaseBusy, MigrationBlocked, MigrationError
from hangar_dal.migrations import file_lock
from hangar_dal.migrations.backend_common import CommonBackend
from hangar_dal.migrations.backends import backend_for
from hangar_dal.migrations.targets import target_of
from tests.helpers.commands import run_module
from tests.migrations.everything import EVERYTHING

Query = Callable[[str, str], list[tuple[Any, ...]]]

APPLY = ("migrations", "apply", "--catalog", "hangar_dal:ACCOUNTS")

# Applies with the lock held, says so, and waits to be killed.
HOLDER = """
import os, sys, time
from hangar_dal import ACCOUNTS, migrations
def wait(migration):
    print(migration, flush=True)
    time.sleep(600)
migrations.apply(sys.argv[1], progress=wait, catalog=ACCOUNTS)
"""


def start(url: str, *arguments: str, cwd: Path | None = None) -> "subprocess.Popen[str]":
    environment = os.environ | {"DATABASE_URL": url}
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=cwd, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def kill_a_migrator_that_holds_the_lock(url: str) -> None:
    with start(url, "-c", HOLDER, url) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "0001_users\n"
        holder.send_signal(signal.SIGKILL)


def test_many_at_once_apply_each_migration_once(empty_database_url: str, checkout: Path, query: Query) -> None:
    def run(command: list[str]) -> tuple[str, int]:
        done = run_module(*command, cwd=checkout, env=os.environ | {"DATABASE_URL": empty_database_url})
        return done.stderr, done.returncode

    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(run, (["yoyo", "apply"], ["hangar_dal.cli", *APPLY]) * 4))
    assert [code for _, code in answers] == [0] * 8, answers
    assert query(empty_database_url, "SELECT migration_id, count(*) FROM _yoyo_log GROUP BY 1 ORDER BY 1") == [
        (migration, 1) for migration in EVERYTHING
    ]
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_the_lock_of_a_killed_migrator_dies_with_it(empty_database_url: str, query: Query) -> None:
    kill_a_migrator_that_holds_the_lock(empty_database_url)
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(1,)]
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING[1:]
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_a_lock_whose_session_s_number_was_given_to_a_younger_one_heals_too(
    empty_postgres_url: str, query: Query
) -> None:
    backend = backend_for(target_of(empty_postgres_url))
    with closing(backend.connection), closing(target_of(empty_postgres_url).connect()) as younger:
        backend.init_database()
        number = younger.execute("SELECT pg_backend_pid()").fetchone()[0]
        query(empty_postgres_url, f"INSERT INTO yoyo_lock VALUES (1, '2001-01-01', -{number})")
        with backend.lock(timeout=5):
            assert query(empty_postgres_url, "SELECT count(*) FROM yoyo_lock") == [(1,)]


def test_the_lock_of_a_migrator_that_is_alive_is_respected(empty_database_url: str) -> None:
    holder, other = (backend_for(target_of(empty_database_url)) for _ in range(2))
    with closing(holder.connection), closing(other.connection):
        holder.init_database()
        with holder.lock(), pytest.raises(DatabaseBusy, match=r"process \d+ is migrating"), other.lock(timeout=0.3):
            pass
        with other.lock(timeout=0.3):
            pass


def test_breaking_the_lock_does_not_let_two_migrators_into_one_sqlite_file(empty_sqlite_url: str) -> None:
    holder, other = (backend_for(target_of(empty_sqlite_url)) for _ in range(2))
    with closing(holder.connection), closing(other.connection):
        holder.init_database()
        with holder.lock():
            migrations.break_lock(empty_sqlite_url)
            with pytest.raises(DatabaseBusy, match="another process is migrating"), other.lock(timeout=0.3):
                pass


def test_the_lock_of_plain_yoyo_is_respected_and_can_be_broken(
    empty_database_url: str, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CommonBackend, "lock_wait", 0.3)
    backend = backend_for(target_of(empty_database_url))
    with closing(backend.connection):
        backend.init_database()
    query(empty_database_url, "INSERT INTO yoyo_lock VALUES (1, '2001-01-01', 4194303)")
    with pytest.raises(DatabaseBusy, match=r"process 4194303 .*`yoyo break-lock`"):
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    migrations.break_lock(empty_database_url)
    assert migrations.apply(empty_database_url, catalog=ACCOUNTS) == EVERYTHING


def test_no_file_stays_beside_a_sqlite_database_that_was_migrated(empty_sqlite_url: str, tmp_path: Path) -> None:
    migrations.apply(empty_sqlite_url, catalog=ACCOUNTS)
    assert [path.name for path in tmp_path.glob("empty.db*")] == ["empty.db"]


def test_a_sqlite_file_is_locked_under_one_name_whatever_link_leads_to_it(tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(tmp_path / "real.db")
    holder, other = (backend_for(target_of(f"sqlite:///{tmp_path / name}")) for name in ("real.db", "link.db"))
    with closing(holder.connection), closing(other.connection):
        holder.init_database()
        with holder.lock(), pytest.raises(DatabaseBusy), other.lock(timeout=0.3):
            pass


def test_a_lock_on_a_file_that_was_deleted_meanwhile_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, real = tmp_path / "lock", fcntl.flock
    held = [file_lock.take(path)]

    def others_come_first(descriptor: int, operation: int) -> None:
        """The holder releases the lock, and a third one takes it, after we have opened the file."""
        monkeypatch.setattr(fcntl, "flock", real)
        file_lock.release(path, held.pop())
        held.append(file_lock.take(path))
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", others_come_first)
    assert file_lock.take(path) is None
    file_lock.release(path, held.pop())
    assert not path.exists()


def test_writers_go_on_while_a_migration_waits_for_a_reader(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    """PostgreSQL queues everybody behind a waiting ALTER TABLE, which is why its waits are short."""
    monkeypatch.setenv("HANGAR_LOCK_TIMEOUT", "3600")
    query(postgres_url, "CREATE TABLE busy (id bigint)")
    folder = one_migration(tmp_path, "ALTER TABLE busy ADD COLUMN note text", "ALTER TABLE busy DROP COLUMN note")
    waiting = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE busy%'"
    )
    with ThreadPoolExecutor() as threads, closing(target_of(postgres_url).connect()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM busy")
        migrating = threads.submit(migrations.apply, postgres_url, catalog=ACCOUNTS, folders=[folder])
        for n in range(3):
            while query(postgres_url, waiting) == [(0,)]:
                assert not migrating.done()
            query(postgres_url, f"SET lock_timeout = '60s'; INSERT INTO busy VALUES ({n})")
        assert not migrating.done()
        reader.execute("COMMIT")
        assert migrating.result() == ("1001_busy",)
    assert query(postgres_url, "SELECT count(*) FROM busy WHERE note IS NULL") == [(3,)]


def test_a_migration_that_never_gets_its_lock_applies_nothing(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: Query
) -> None:
    monkeypatch.setenv("HANGAR_LOCK_TIMEOUT", "0.5")
    query(postgres_url, "CREATE TABLE busy (id bigint)")
    folder = one_migration(tmp_path, "CREATE TABLE other (id bigint); DROP TABLE busy", "SELECT 1")
    with closing(target_of(postgres_url).connect()) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM busy")
        with pytest.raises(MigrationBlocked, match="55P03"):
            migrations.apply(postgres_url, folders=[folder], catalog=ACCOUNTS)
    assert query(postgres_url, "SELECT to_regclass('other')") == [(None,)]
    assert migrations.pending(postgres_url, folders=[folder], catalog=ACCOUNTS) == ("1001_busy",)


def one_migration(tmp_path: Path, apply: str, rollback: str) -> Path:
    """A folder with the migration `1001_busy`."""
    folder = tmp_path / "migrations"
    for dialect in ("sqlite", "postgresql"):
        (folder / dialect).mkdir(parents=True)
        (folder / dialect / "1001_busy.sql").write_text(apply)
        (folder / dialect / "1001_busy.rollback.sql").write_text(rollback)
    shutil.copy(ACCOUNTS.migrations / "0001_users.py", folder / "1001_busy.py")
    return folder


def test_the_time_limit_starts_again_with_each_holder_of_the_lock(
    empty_database_url: str, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def the_next_one_takes_it(_: float) -> None:
        clock[0] += 7
        query(empty_database_url, f"UPDATE yoyo_lock SET pid = {clock[0]:.0f}")
        if clock[0] > 100:
            query(empty_database_url, "DELETE FROM yoyo_lock")

    backend = backend_for(target_of(empty_database_url))
    with closing(backend.connection):
        backend.init_database()
        query(empty_database_url, "INSERT INTO yoyo_lock VALUES (1, '2026-01-01', 4194303)")
        fake = SimpleNamespace(monotonic=lambda: clock[0], sleep=the_next_one_takes_it)
        monkeypatch.setattr("hangar_dal.migrations.backend_common.time", fake)
        with backend.lock(timeout=10):
            assert clock[0] > 100


def test_after_an_error_the_lock_is_free_and_can_be_taken_again(empty_database_url: str, query: Query) -> None:
    backend = backend_for(target_of(empty_database_url))

    def fail() -> None:
        with backend.lock(timeout=0.3):
            assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(1,)]
            raise ZeroDivisionError

    with closing(backend.connection):
        backend.init_database()
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                fail()
            assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_a_lost_connection_does_not_hide_the_error_that_came_before(empty_postgres_url: str, query: Query) -> None:
    backend = backend_for(target_of(empty_postgres_url))
    backend.init_database()

    def fail() -> None:
        with backend.lock(timeout=0.3):
            query(empty_postgres_url, f"SELECT pg_terminate_backend({backend.connection.info.backend_pid})")
            raise ZeroDivisionError

    with closing(backend.connection), pytest.raises(ZeroDivisionError):
        fail()


def test_a_lock_that_cannot_be_written_is_reported_without_waiting(
    empty_database_url: str, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    """yoyo waits ten seconds for it and then calls the database locked."""
    query(empty_database_url, "CREATE TABLE yoyo_lock (other integer)")
    waits: list[float] = []
    monkeypatch.setattr(
        "hangar_dal.migrations.backend_common.time", SimpleNamespace(monotonic=time.monotonic, sleep=waits.append)
    )
    with pytest.raises(MigrationError, match="the lock of the migrations"):
        migrations.apply(empty_database_url, catalog=ACCOUNTS)
    assert waits == []
