"""What somebody else sees of a database: another process, another client."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from typing import Any, Final

import psycopg

from hangar_dal.settings import PostgresTarget, SqliteTarget, Target


class SqliteOutside:
    """Another process's view of a SQLite file."""

    def __init__(self, target: SqliteTarget) -> None:
        self._path = target.path

    def query(self, text: str) -> list[Any]:
        with closing(sqlite3.connect(self._path, timeout=30)) as connection:
            return connection.execute(text).fetchall()

    def transactions_left_open(self) -> int:
        with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return 1
            return 0


class PostgresOutside:
    """Another client's view of a PostgreSQL database."""

    def __init__(self, target: PostgresTarget) -> None:
        self._conninfo = target.conninfo

    def query(self, text: str) -> list[Any]:
        with psycopg.connect(self._conninfo, autocommit=True) as connection:
            return connection.execute(text.encode()).fetchall()

    def transactions_left_open(self) -> int:
        """A server needs a second to notice that its client is gone."""
        for _ in range(600):
            if not (count := self._transactions_open()):
                break
            time.sleep(0.05)
        return count

    def _transactions_open(self) -> int:
        return len(
            self.query(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND state <> 'idle'"
            )
        )


Outside = SqliteOutside | PostgresOutside

_OUTSIDE: Final[dict[type, Callable[[Any], Outside]]] = {SqliteTarget: SqliteOutside, PostgresTarget: PostgresOutside}


def outside_of(target: Target) -> Outside:
    return _OUTSIDE[type(target)](target)
