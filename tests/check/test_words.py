"""A word that is a keyword for the parser and a name for the database is read as a name."""

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing

import psycopg
import pytest
from sqlglot import exp
from sqlglot.dialects import Postgres, SQLite

from hangar_dal.check.sql.parse import parsed
from hangar_dal.sqlscan import Dialect

# A statement, and how often the word is a column in it.
STATEMENTS = [
    ("SELECT {0} FROM t GROUP BY {0} HAVING {0} > 1 ORDER BY {0} DESC", 4),
    ("SELECT id - {0} AS x FROM t WHERE {0} = 1 AND (id, {0}) > (1, 2) AND {0} IN (1, 2)", 4),
    ("UPDATE t SET {0} = t.{0} + 1 WHERE id = 1 RETURNING {0}", 3),
    ("INSERT INTO t (id, {0}) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET {0} = excluded.{0}", 2),
    ("SELECT {0}.id FROM {0} INNER JOIN t ON t.id = {0}.id", 0),
    ("SELECT {0}.id FROM t AS {0}", 0),
    ("INSERT INTO {0} (id) VALUES (1)", 0),
    ("WITH {0} AS (SELECT id FROM t) SELECT {0}.id FROM {0}", 0),
]
# Words that statements need as keywords too, and functions that are called without parentheses. Quote such a name.
NOT_READ: dict[Dialect, str] = {
    "postgresql": "between cube if insert null recursive rollup values",
    "sqlite": """
        any cross cube current_date current_time current_timestamp false glob inner like null offset outer regexp
        rollback rollup true window with
    """,
}


def misread(dialect: Dialect, word: str, accepts: Callable[[str], bool]) -> list[str]:
    """The statements with this word that the database accepts and the parser does not read, or reads differently."""
    found = []
    for text, columns in STATEMENTS:
        statement = text.format(word)
        if accepts(statement):
            tree = parsed(statement, dialect)
            named = [] if tree is None else [each for each in tree.find_all(exp.Column) if each.name.lower() == word]
            if tree is None or len(named) != columns:
                found.append(statement)
    return found


def keywords(dialect: type[Postgres | SQLite]) -> list[str]:
    return sorted(word.lower() for word in dialect.Tokenizer.KEYWORDS if re.fullmatch(r"[A-Z_]+", word))


def test_a_name_of_sqlite_is_no_keyword() -> None:
    said: dict[str, list[str]] = {}
    for word in keywords(SQLite):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(f'CREATE TABLE t (id integer PRIMARY KEY, "{word}" int)')
            connection.execute(f'CREATE TABLE "{word}" (id integer PRIMARY KEY)')

            def accepts(statement: str, connection: sqlite3.Connection = connection) -> bool:
                try:
                    connection.execute(f"EXPLAIN {statement}")
                except sqlite3.Error:
                    return False
                return True

            said[word] = misread("sqlite", word, accepts)
    assert {word for word, found in said.items() if found} == set(NOT_READ["sqlite"].split()), said


def test_a_name_of_postgresql_is_no_keyword(empty_postgres_url: str) -> None:
    said: dict[str, list[str]] = {}
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        known = [word for (word,) in connection.execute("SELECT word FROM pg_get_keywords() WHERE catcode <> 'R'")]
        for word in sorted({*keywords(Postgres), *known}):

            def accepts(statement: str) -> bool:
                try:
                    with connection.transaction(force_rollback=True):
                        connection.execute(f"PREPARE one AS {statement}")
                        connection.execute("DEALLOCATE one")
                except psycopg.Error:
                    return False
                return True

            with connection.transaction(force_rollback=True):
                connection.execute(f'CREATE TABLE t (id int PRIMARY KEY, "{word}" int)')
                connection.execute(f'CREATE TABLE "{word}" (id int PRIMARY KEY)')
                said[word] = misread("postgresql", word, accepts)
    assert {word for word, found in said.items() if found} == set(NOT_READ["postgresql"].split()), said


@pytest.mark.parametrize("order", ["interval DESC", "interval ASC", "interval NULLS LAST", "interval"])
def test_a_column_called_interval_is_no_literal(order: str) -> None:
    tree = parsed(f"SELECT id FROM t WHERE a > interval '1 day' ORDER BY {order}, id", "postgresql")
    assert tree is not None
    assert [each.this.name for each in tree.args["order"].expressions] == ["interval", "id"]
