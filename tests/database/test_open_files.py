"""A SQLite connection whose opening is cancelled does not stay open, and connections are closed one at a time."""
# ruff: noqa: ASYNC251 - the event loop must not turn

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.database.sqlite.connection import SqliteConnection
from hangar_dal.database.sqlite.watched import watched
from hangar_dal.urls import SqliteTarget
from tests.database.open_files import open_files
from tests.helpers.waiting import until_set


def is_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return os.path.realpath(path) in set(open_files())


def connection_to(path: Path, set_up: Callable[[sqlite3.Connection], None]) -> SqliteConnection:
    return SqliteConnection(watched(SqliteTarget(str(path))), set_up, lock_timeout=1, tick_limit=0)


async def test_an_opening_is_cancelled_while_the_thread_opens_the_file(tmp_path: Path) -> None:
    path, loop = tmp_path / "x.db", asyncio.get_running_loop()
    begun, go_on = asyncio.Event(), threading.Event()

    def set_up(raw: sqlite3.Connection) -> None:
        raw.execute("PRAGMA schema_version").fetchall()
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()

    connection = connection_to(path, set_up)
    opening = asyncio.create_task(connection.open())
    await until_set(begun, opening)
    opening.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not is_open(path)


async def test_an_opening_is_cancelled_before_the_event_loop_knows_that_the_file_is_open(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    connection = connection_to(path, lambda raw: None)
    opening = asyncio.create_task(connection.open())
    await asyncio.sleep(0)
    while not hasattr(connection, "_raw"):
        time.sleep(0.001)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not is_open(path)


class Gate:
    """A lock in the place of `closing`, which waits for the test."""

    def __init__(self) -> None:
        self.entered, self.go_on = threading.Event(), threading.Event()

    def __enter__(self) -> None:
        self.entered.set()
        self.go_on.wait()

    def __exit__(self, *_: object) -> None: ...


async def test_a_connection_is_closed_while_no_other_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two that close at once, neither saves the log into the file."""
    path, gate = tmp_path / "x.db", Gate()
    source = watched(SqliteTarget(str(path)))
    connection = SqliteConnection(source, lambda raw: None, lock_timeout=1, tick_limit=0)
    await connection.open()
    monkeypatch.setattr(source, "closing", gate)
    closing = asyncio.create_task(connection.close())
    await asyncio.to_thread(gate.entered.wait, 60)
    assert is_open(path)
    gate.go_on.set()
    await closing
    assert not is_open(path)


async def test_an_event_loop_that_shuts_down_while_a_connection_is_closed_ends_its_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, source = Gate(), watched(SqliteTarget(str(tmp_path / "x.db")))
    connection = SqliteConnection(source, lambda raw: None, lock_timeout=1, tick_limit=0)
    monkeypatch.setattr(source, "closing", gate)
    cancelled = threading.Event()

    async def close() -> None:
        await connection.open()
        closing = asyncio.create_task(connection.close())
        await asyncio.to_thread(gate.entered.wait, 60)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        cancelled.set()
        with pytest.raises(asyncio.CancelledError):
            await closing

    running = asyncio.create_task(asyncio.to_thread(asyncio.run, close()))
    await asyncio.to_thread(cancelled.wait, 60)
    gate.go_on.set()
    await running
    assert connection._thread is not None
    connection._thread.join(60)
    assert not connection._thread.is_alive()
