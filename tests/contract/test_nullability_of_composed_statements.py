"""Composed statements are run over tables full of NULLs: none may stand in a column that was called never NULL."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.composer import SCHEMA, Composer
from hangar_dal.contract.describe_postgresql import PostgresProbe
from hangar_dal.contract.describe_sqlite import SqliteProbe
from hangar_dal.contract.facts import Tables
from hangar_dal.contract.nullability import nullable_columns
from hangar_dal.sqlscan import Dialect

Answer = tuple[int, list[tuple[Any, ...]]] | None  # how many columns, and the rows; None if the statement was refused
Run = Callable[[str], Answer]

FEW = settings(max_examples=100, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=2_000, suppress_health_check=list(HealthCheck))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[tuple[Run, Tables]]:
    path = tmp_path / "small.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executescript(SCHEMA)

        def run(text: str) -> Answer:
            connection.execute("BEGIN")
            try:
                cursor = connection.execute(text)
                return len(cursor.description or ()), cursor.fetchmany(200)
            except sqlite3.Error:
                return None
            finally:
                connection.rollback()

        with SqliteProbe(path) as probe:
            yield run, probe.tables()


@pytest.fixture
def postgresql(empty_postgres_url: str) -> Iterator[tuple[Run, Tables]]:
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute("SET statement_timeout = '5s'")
        connection.commit()

        def run(text: str) -> Answer:
            try:
                cursor = connection.execute(text.encode())
                return len(cursor.description or ()), cursor.fetchall() if cursor.description else []
            except psycopg.Error:
                return None
            finally:
                connection.rollback()

        with PostgresProbe(empty_postgres_url) as probe:
            yield run, probe.tables()


def compare(random: Random, dialect: Dialect, run: Run, tables: Tables, seen: Counter[str]) -> None:
    text = Composer(random, dialect).statement()
    answer = run(text)
    if answer is None:
        seen["refused"] += 1
        return
    count, rows = answer
    called = nullable_columns(text, dialect, tables)
    if called is None:
        seen["not understood"] += 1
        return
    assert len(called) == count, text
    for at, may_be_null in enumerate(called):
        has_null = any(row[at] is None for row in rows)
        assert not (has_null and may_be_null is False), f"column {at} of {text}"
        seen[f"{may_be_null} {'with NULL' if has_null else 'without'}"] += 1


def is_worth_it(seen: Counter[str], statements: int) -> bool:
    """Whether what was composed was mostly taken, mostly understood, and often of both kinds."""
    return (
        seen["refused"] < statements * 0.6
        and seen["not understood"] < statements * 0.1
        and seen["False without"] > statements * 0.2
        and seen["True with NULL"] > statements * 0.02
    )


def run_all(amount: settings, dialect: Dialect, database: tuple[Run, Tables]) -> None:
    seen: Counter[str] = Counter()

    @amount
    @given(st.randoms(use_true_random=False))
    def compared(random: Random) -> None:
        compare(random, dialect, *database, seen)

    compared()
    assert is_worth_it(seen, amount.max_examples), seen


def test_sqlite_gives_no_null_where_none_was_foreseen(sqlite: tuple[Run, Tables]) -> None:
    run_all(FEW, "sqlite", sqlite)


def test_postgresql_gives_no_null_where_none_was_foreseen(postgresql: tuple[Run, Tables]) -> None:
    run_all(FEW, "postgresql", postgresql)


@pytest.mark.slow
def test_sqlite_gives_no_null_in_the_long_run(sqlite: tuple[Run, Tables]) -> None:
    run_all(MANY, "sqlite", sqlite)


@pytest.mark.slow
def test_postgresql_gives_no_null_in_the_long_run(postgresql: tuple[Run, Tables]) -> None:
    run_all(MANY, "postgresql", postgresql)
