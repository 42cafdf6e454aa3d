"""What SQLite is told of its tables, and what it alone has."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hangar_dal import sqlfile
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.query_plans.model import QueryPlan, scans_of
from hangar_dal.check.query_plans.sqlite import SqlitePlanner
from hangar_dal.check.query_plans.statistics_sqlite import pretend_large
from hangar_dal.sqlblock import Variant

TABLES = """
CREATE TABLE owners (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE things (
    owner_id integer NOT NULL REFERENCES owners (id), kind text NOT NULL CHECK (kind IN ('A', 'B')), note text NOT NULL,
    PRIMARY KEY (owner_id, note)
) WITHOUT ROWID;
CREATE INDEX things_owner ON things (owner_id, kind);
CREATE INDEX things_kind ON things (kind, note);
CREATE UNIQUE INDEX things_pair ON things (kind, owner_id);
CREATE INDEX things_upper ON things (upper(note));
CREATE TABLE homes (owner_id integer NOT NULL UNIQUE REFERENCES owners (id));
CREATE TABLE plain (note text);
CREATE VIRTUAL TABLE words USING fts5 (word);
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tables.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(TABLES)
    return path


@pytest.fixture
def planner(path: Path) -> Iterator[SqlitePlanner]:
    with SqliteProbe(path) as probe, closing(SqlitePlanner(path, probe.tables())) as planner:
        yield planner


def statement(text: str) -> Variant:
    return sqlfile.parse(f"-- name: it\n{text};", path="it.sql", dialect="sqlite").blocks["it"].all_lines


def plan(planner: SqlitePlanner, text: str) -> QueryPlan:
    found = planner.explain(statement(text))
    assert found is not None
    return found


def test_statistics_tell_how_often_a_value_comes_twice(path: Path) -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(TABLES)
        pretend_large(connection)
        found = {row[:2]: row[2] for row in connection.execute("SELECT tbl, idx, stat FROM sqlite_stat1")}
    assert {key: numbers for key, numbers in found.items() if not key[0].startswith("words")} == {
        ("owners", "sqlite_autoindex_owners_1"): "4000 1",
        ("things", "things"): "4000 10 1",
        ("things", "things_owner"): "4000 10 1",
        ("things", "things_kind"): "4000 100 1",
        ("things", "things_pair"): "4000 100 1",
        ("things", "things_upper"): "4000 1",
        ("homes", "sqlite_autoindex_homes_1"): "4000 1",
        ("plain", None): "4000",
    }


def test_a_plan_goes_by_them(planner: SqlitePlanner) -> None:
    """Without, one equal column is as good as another."""
    text = "SELECT kind FROM things WHERE upper(note) = :note AND kind = :kind"
    assert plan(planner, text).indexes == ("things_upper",)


def test_the_file_stays_as_it_is(path: Path, planner: SqlitePlanner) -> None:
    before = path.read_bytes()
    assert plan(planner, "SELECT note FROM plain").whole == ("plain",)
    assert path.read_bytes() == before


def test_a_virtual_table_is_its_own_index(planner: SqlitePlanner) -> None:
    found = statement("SELECT word FROM words WHERE words MATCH :word ORDER BY rowid")
    assert scans_of(planner, found, Tables({}), {}) == ()


def test_an_index_that_is_made_for_one_statement_reads_the_whole_table(planner: SqlitePlanner) -> None:
    found = plan(planner, "SELECT count(*) FROM plain AS o INNER JOIN plain AS p ON p.note = o.note")
    assert [("AUTOMATIC" in step.text, step.whole) for step in found.steps] == [(False, True), (True, True)]
