"""One migrator at a time, whoever else comes; and what is left of one that was killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hangar_dal import migrations
from hangar_dal.errors import DatabaseBusy, MigrationError
from hangar_dal.migrations.backend_sqlite import SqliteBackend
from hangar_dal.migrations.backends import backend_for
from hangar_dal.migrations.places import place_of

Query = Callable[[str, str], list[tuple[Any, ...]]]
EVERYTHING = ("0001_users", "0002_session_cookies", "0003_session_cookies_indexes")

# Applies with the lock held, says so, and waits to be killed.
HOLDER = """
import os, sys, time
from hangar_dal import migrations
def wait(migration):
    print(migration, flush=True)
    time.sleep(600)
migrations.apply(sys.argv[1], progress=wait)
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
    crowd = [
        start(empty_database_url, "-m", *command, cwd=checkout)
        for command in (["yoyo", "apply"], ["hangar_dal.cli", "migrations", "apply"]) * 4
    ]
    answers = [(process.communicate(timeout=300)[0], process.returncode) for process in crowd]
    assert [code for _, code in answers] == [0] * 8, answers
    assert query(empty_database_url, "SELECT migration_id, count(*) FROM _yoyo_log GROUP BY 1 ORDER BY 1") == [
        (migration, 1) for migration in EVERYTHING
    ]
    assert query(empty_database_url, "SELECT count(*) FROM yoyo_lock") == [(0,)]


def test_a_killed_migrator_s_lock_heals_on_postgresql(empty_postgres_url: str, query: Query) -> None:
    kill_a_migrator_that_holds_the_lock(empty_postgres_url)
    assert query(empty_postgres_url, "SELECT count(*) FROM yoyo_lock") == [(1,)]
    assert migrations.apply(empty_postgres_url) == EVERYTHING[1:]


def test_a_lock_whose_session_s_number_was_given_to_a_younger_one_heals_too(
    empty_postgres_url: str, query: Query
) -> None:
    backend = backend_for(place_of(empty_postgres_url))
    with closing(backend.connection), closing(place_of(empty_postgres_url).connect()) as younger:
        backend.init_database()
        number = younger.execute("SELECT pg_backend_pid()").fetchone()[0]
        query(empty_postgres_url, f"INSERT INTO yoyo_lock VALUES (1, '2001-01-01', -{number})")
        with backend.lock(timeout=5):
            assert query(empty_postgres_url, "SELECT count(*) FROM yoyo_lock") == [(1,)]


def test_a_living_session_s_lock_is_respected(empty_postgres_url: str) -> None:
    holder, other = (backend_for(place_of(empty_postgres_url)) for _ in range(2))
    with closing(holder.connection), closing(other.connection):
        holder.init_database()
        with holder.lock(), pytest.raises(DatabaseBusy, match="server process"), other.lock(timeout=0.3):
            pass
        with other.lock(timeout=0.3):
            pass


def test_the_lock_of_plain_yoyo_is_respected(empty_postgres_url: str, query: Query) -> None:
    backend = backend_for(place_of(empty_postgres_url))
    with closing(backend.connection):
        backend.init_database()
        query(empty_postgres_url, "INSERT INTO yoyo_lock VALUES (1, '2001-01-01', 4194303)")
        with pytest.raises(DatabaseBusy, match="process 4194303"), backend.lock(timeout=0.3):
            pass


def test_a_killed_migrator_s_lock_on_sqlite_is_told_with_the_command_that_removes_it(
    empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill_a_migrator_that_holds_the_lock(empty_sqlite_url)
    monkeypatch.setattr(SqliteBackend, "lock_wait", 0.2)
    with pytest.raises(DatabaseBusy, match=r"process \d+ is migrating .*`yoyo break-lock`"):
        migrations.apply(empty_sqlite_url)
    migrations.break_lock(empty_sqlite_url)
    assert migrations.apply(empty_sqlite_url) == EVERYTHING[1:]


def test_in_a_crowd_each_holder_is_waited_for_anew(
    empty_database_url: str, query: Query, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def the_next_one_takes_it(_: float) -> None:
        clock[0] += 7
        query(empty_database_url, f"UPDATE yoyo_lock SET pid = {clock[0]:.0f}")
        if clock[0] > 100:
            query(empty_database_url, "DELETE FROM yoyo_lock")

    backend = backend_for(place_of(empty_database_url))
    with closing(backend.connection):
        backend.init_database()
        query(empty_database_url, "INSERT INTO yoyo_lock VALUES (1, '2026-01-01', 4194303)")
        fake = SimpleNamespace(monotonic=lambda: clock[0], sleep=the_next_one_takes_it)
        monkeypatch.setattr("hangar_dal.migrations.backend_common.time", fake)
        with backend.lock(timeout=10):
            assert clock[0] > 100


def test_after_an_error_the_lock_is_free_and_can_be_taken_again(empty_database_url: str, query: Query) -> None:
    backend = backend_for(place_of(empty_database_url))

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
    backend = backend_for(place_of(empty_postgres_url))
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
        migrations.apply(empty_database_url)
    assert waits == []
