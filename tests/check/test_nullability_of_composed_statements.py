"""Composed statements are run over tables full of NULLs: none may stand in a column that was called never NULL."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from hangar_dal.check.model import Tables
from hangar_dal.check.nullability.columns import nullable_columns
from hangar_dal.sqlscan import Dialect
from tests.check.composer import SCHEMA, Composer
from tests.check.real_rows import Database, Run, on_postgresql, on_sqlite

FEW, MANY = 200, 5_000


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    with on_sqlite(tmp_path / "small.db", SCHEMA.replace(");\nCREATE TABLE", ") STRICT;\nCREATE TABLE")) as database:
        yield database


@pytest.fixture
def postgresql(empty_postgres_url: str) -> Iterator[Database]:
    with on_postgresql(empty_postgres_url, SCHEMA) as database:
        yield database


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


def run_all(amount: int, dialect: Dialect, database: Database, seed: int) -> None:
    seen: Counter[str] = Counter()
    random = Random(seed)
    for _ in range(amount):
        compare(random, dialect, *database, seen)
    assert is_worth_it(seen, amount), seen


def test_sqlite_gives_no_null_where_none_was_foreseen(sqlite: Database, seed: int) -> None:
    run_all(FEW, "sqlite", sqlite, seed)


def test_postgresql_gives_no_null_where_none_was_foreseen(postgresql: Database, seed: int) -> None:
    run_all(FEW, "postgresql", postgresql, seed)


@pytest.mark.long
def test_sqlite_gives_no_null_in_the_long_run(sqlite: Database, seed: int) -> None:
    run_all(MANY, "sqlite", sqlite, seed + 1)


@pytest.mark.long
def test_postgresql_gives_no_null_in_the_long_run(postgresql: Database, seed: int) -> None:
    run_all(MANY, "postgresql", postgresql, seed + 1)
