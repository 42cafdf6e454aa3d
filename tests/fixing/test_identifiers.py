"""Names are written in quotes where a database needs them, and only there."""

import sqlite3
from contextlib import closing

import psycopg
import pytest

from hangar_dal.migrations.identifiers import RESERVED, written
from hangar_dal.migrations.schema_sqlite import _KEYWORDS


def sqlite_accepts(name: str) -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        try:
            connection.execute(f"CREATE TABLE t ({name} text)")
            connection.execute(f"SELECT {name}, 1 FROM t")
            connection.execute(f"INSERT INTO t ({name}) VALUES (1) RETURNING {name}")
        except sqlite3.OperationalError:
            return False
        return True


def test_sqlite_accepts_every_name_as_it_is_written():
    for word in (*_KEYWORDS, "plain", "Upper", "with space", 'quo"te', "größe"):
        assert sqlite_accepts(written(word)), word


def test_postgresql_accepts_every_name_as_it_is_written(server: str):
    with psycopg.connect(server) as connection:
        words = [word for (word,) in connection.execute("SELECT word FROM pg_get_keywords()").fetchall()]
        columns = ", ".join(f"{written(word)} text" for word in words)
        connection.execute(f"CREATE TEMPORARY TABLE t ({columns})")
        for word in words:
            connection.execute(f"SELECT {written(word)}, 1 FROM t")


@pytest.mark.parametrize("word", ["id", "status", "role", "key", "value", "name", "platform", "metadata"])
def test_usual_names_are_written_without_quotes(word: str):
    assert written(word) == word


def test_no_word_is_quoted_without_a_need(server: str):
    with psycopg.connect(server) as connection:
        rows = connection.execute("SELECT upper(word) FROM pg_get_keywords() WHERE catcode IN ('R', 'T')").fetchall()
    reserved = {word for (word,) in rows}
    assert {word for word in RESERVED - reserved if sqlite_accepts(word)} <= {"SYSTEM_USER"}  # new in PostgreSQL 16
