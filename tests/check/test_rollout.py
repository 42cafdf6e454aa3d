"""What a migration takes from code that was written before it, told from two schemas alone."""

import sqlite3
from contextlib import closing

import psycopg
import pytest

from hangar_dal.check.rollout.verdict import narrowed
from hangar_dal.migrations import schema_postgresql
from hangar_dal.migrations.schema_sqlite import read_schema

PARENT = "CREATE TABLE parents (id integer PRIMARY KEY);"
TABLE = "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a text, b text NOT NULL DEFAULT 'x'{});"

WHOLE = "CREATE UNIQUE INDEX u ON t (a);"
SOME = "CREATE UNIQUE INDEX u ON t (a) WHERE b = 'y';"


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (TABLE.format(""), TABLE.format(""), []),
        (TABLE.format(""), "", ["table t is removed"]),
        (TABLE.format(""), TABLE.format(", c text"), []),
        (TABLE.format(""), TABLE.format(", c text NOT NULL DEFAULT ''"), []),
        (TABLE.format(""), TABLE.format(", c text NOT NULL AS (b)"), []),
        (TABLE.format(""), TABLE.format(", c text NOT NULL"), ["column t.c is new, NOT NULL, and has no default"]),
        (TABLE.format(""), TABLE.format("").replace("a text", "a integer"), ["column t.a becomes integer"]),
        (
            TABLE.format(""),
            TABLE.format("").replace("a text", "a text NOT NULL"),
            ["column t.a no longer accepts NULL"],
        ),
        (TABLE.format(""), TABLE.format("").replace(" DEFAULT 'x'", ""), ["column t.b has no default any more"]),
        (
            TABLE.format("").replace("b text NOT NULL", "b text"),
            TABLE.format(""),
            ["column t.b no longer accepts NULL"],
        ),
        (TABLE.format(""), TABLE.format("").replace("b text NOT NULL", "b text"), []),
        (TABLE.format(", CONSTRAINT u UNIQUE (a)"), TABLE.format(""), ["t (a) is no longer unique"]),
        (TABLE.format(""), TABLE.format("") + "CREATE UNIQUE INDEX u ON t (a);", ["t (a) becomes unique"]),
        (TABLE.format("") + SOME, TABLE.format("") + WHOLE, ["t (a) becomes unique"]),
        (TABLE.format("") + WHOLE, TABLE.format("") + SOME, ["t (a) is no longer unique"]),
        (TABLE.format(""), TABLE.format("") + SOME, ["t (a) becomes unique where b = 'y'"]),
        (TABLE.format("") + SOME, TABLE.format(""), ["t (a) is no longer unique where b = 'y'"]),
        (*[TABLE.format("") + SOME] * 2, []),
        (TABLE.format(""), TABLE.format(", c text, CONSTRAINT u UNIQUE (a, c)"), []),
        (TABLE.format(""), TABLE.format("") + "CREATE INDEX i ON t (a);", []),
        (TABLE.format(""), TABLE.format(", CONSTRAINT k CHECK (a <> '')"), ["t gets a new rule: k"]),
        (TABLE.format(""), TABLE.format(", c text, CONSTRAINT k CHECK (c <> '')"), []),
        (TABLE.format(""), TABLE.format(", CONSTRAINT t_a_type_check CHECK (a <> '')"), []),
        # Ends like one and is none: the rule about a column that is called `..._type`.
        (
            TABLE.format(""),
            TABLE.format(", CONSTRAINT k_type_check CHECK (a <> '')"),
            ["t gets a new rule: k_type_check"],
        ),
        (TABLE.format(", CONSTRAINT k CHECK (a <> '')"), TABLE.format(""), []),
        (
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x'))"),
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x', 'y'))"),
            [],
        ),
        (
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x', 'y'))"),
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x'))"),
            ["t gets a new rule: k"],
        ),
        (
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x', 'y'))"),
            TABLE.format(", CONSTRAINT k CHECK (a IN ('y', 'x'))"),
            [],
        ),
        # Neither is a list of values, of which one might hold the other.
        (
            TABLE.format(", CONSTRAINT k CHECK (a <> '')"),
            TABLE.format(", CONSTRAINT k CHECK (length(a) > 3)"),
            ["t gets a new rule: k"],
        ),
        (
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x'))"),
            TABLE.format(", CONSTRAINT k CHECK (b IN ('x'))"),
            ["t gets a new rule: k"],
        ),
        (
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x'))"),
            TABLE.format(", CONSTRAINT k CHECK (a IN ('x', 'y') AND b <> 'y')"),
            ["t gets a new rule: k"],
        ),
        (TABLE.format("").replace(" PRIMARY KEY", ""), TABLE.format(""), ["t (id) becomes unique"]),
        (
            PARENT + TABLE.format(""),
            PARENT + TABLE.format(", CONSTRAINT f FOREIGN KEY (a) REFERENCES parents (id)"),
            ["t (a) must refer to a row of parents"],
        ),
        (
            PARENT + TABLE.format(""),
            PARENT + TABLE.format(", c integer, CONSTRAINT f FOREIGN KEY (c) REFERENCES parents (id)"),
            [],
        ),
        (TABLE.format("") + "CREATE VIEW v AS SELECT 1 AS one;", TABLE.format(""), ["view v is removed"]),
        (*[TABLE.format("") + "CREATE VIEW v AS SELECT 1 AS one;"] * 2, []),
    ],
)
def test_what_older_code_may_rely_on_is_missed_and_nothing_else(before: str, after: str, found: list[str]) -> None:
    schemas = []
    for script in (before, after):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(script)
            schemas.append(read_schema(connection))
    assert list(narrowed(*schemas, "sqlite")) == found


LISTS = "CREATE TABLE t (a text, CONSTRAINT k CHECK (a IN ({})))"


@pytest.mark.parametrize(("values", "found"), [("'x', 'y'", []), ("'y', 'z'", ["t gets a new rule: k"])])
def test_a_longer_list_of_values_breaks_no_older_code_on_postgresql(
    values: str, found: list[str], empty_postgres_url: str
) -> None:
    with psycopg.connect(empty_postgres_url) as connection:
        connection.execute(LISTS.format("'x'").encode())
        before = schema_postgresql.read_schema(connection)
        connection.execute(b"DROP TABLE t")
        connection.execute(LISTS.format(values).encode())
        assert list(narrowed(before, schema_postgresql.read_schema(connection), "postgresql")) == found
