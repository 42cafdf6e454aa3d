"""A SQLite connection whose opening is cancelled, as when the event loop shuts down, does not stay open."""
# ruff: noqa: ASYNC251 - the event loop must not turn

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hangar_dal.database.sqlite.connection import SqliteConnection
from hangar_dal.database.sqlite.watched import watched
from hangar_dal.urls import SqliteTarget


def is_open(path: Path) -> bool:
    """Whether this process has the file open."""
    return os.path.realpath(path) in set(_open_files())


def _open_files() -> Iterator[str]:
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            yield str(link.readlink())


def connection_to(path: Path, set_up: Callable[[sqlite3.Connection], None]) -> SqliteConnection:
    return SqliteConnection(watched(SqliteTarget(str(path))), set_up, lock_timeout=1, age_limit=0)


async def test_the_thread_is_still_opening_it(tmp_path: Path) -> None:
    path, loop = tmp_path / "x.db", asyncio.get_running_loop()
    begun, go_on = asyncio.Event(), threading.Event()

    def set_up(raw: sqlite3.Connection) -> None:
        raw.execute("PRAGMA schema_version").fetchall()
        loop.call_soon_threadsafe(begun.set)
        go_on.wait()

    connection = connection_to(path, set_up)
    opening = asyncio.create_task(connection.open())
    await begun.wait()
    opening.cancel()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert not is_open(path)


async def test_the_thread_has_opened_it_and_the_event_loop_does_not_know(tmp_path: Path) -> None:
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
