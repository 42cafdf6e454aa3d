"""Databases to import, and the commands of the projects that are written."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg

from hangar_dal.migrations.targets import target_of
from tests.helpers.commands import run_module
from tests.helpers.postgres_contents import outside_view

HERE = Path(__file__).parent


def fill(url: str, sql: str) -> None:
    """Run a script in a database."""
    target = target_of(url)
    if target.dialect == "sqlite":
        with closing(sqlite3.connect(target.location.path)) as connection:
            connection.executescript(sql)
    else:
        with psycopg.connect(target.location.conninfo, autocommit=True) as there:
            there.execute(sql.encode())


def dialect_of(url: str) -> str:
    return url.partition(":")[0]


def command(*words: str, url: str = "") -> str:
    """What a command of the project prints; it must succeed."""
    done = run_module("hangar_dal.cli", *words, cwd=Path.cwd(), env={**os.environ, "DATABASE_URL": url})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def contents(url: str) -> object:
    """All that a change of the database would change."""
    target = target_of(url)
    return Path(target.location.path).read_bytes() if target.dialect == "sqlite" else outside_view(url)
