"""Text and pictures of a schema show the whole definition of a key."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from html import escape
from typing import Final
from xml.etree import ElementTree

import psycopg
import pytest

from hangar_dal.migrations import schema_postgresql
from hangar_dal.migrations.schema import Column, ForeignKey, Index, Schema, Table
from hangar_dal.migrations.schema_sqlite import read_schema
from hangar_dal.migrations.views.mermaid import as_mermaid
from hangar_dal.migrations.views.svg import as_svg
from hangar_dal.migrations.views.text import as_text

SVG: Final = "{http://www.w3.org/2000/svg}"
KEYS = """
CREATE TABLE people (
    id integer PRIMARY KEY, email text, "Nick" text, team integer, seat integer, is_live integer,
    CONSTRAINT people_seat_key UNIQUE (team, seat)
);
CREATE UNIQUE INDEX whole ON people ("Nick" DESC);
CREATE UNIQUE INDEX partial ON people (team) WHERE is_live = 1;
CREATE UNIQUE INDEX expression ON people (lower(email), seat DESC);
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def keys(request: pytest.FixtureRequest) -> Schema:
    """A table with unique keys of all kinds."""
    if request.param == "sqlite":
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.executescript(KEYS)
            return read_schema(connection)
    with closing(psycopg.connect(request.getfixturevalue("empty_postgres_url"))) as connection:
        connection.execute(KEYS.encode())
        return schema_postgresql.read_schema(connection)


def test_text_tells_a_key_of_some_rows_from_a_key_of_all_rows(keys: Schema) -> None:
    lines = [" ".join(line.lower().split()) for line in as_text(keys)]
    assert lines[-4:] == [
        "unique people_seat_key (team, seat)",
        "unique index expression (lower(email), seat desc)",
        "unique index partial (team) where is_live = 1",
        'unique index whole ("nick" desc)',
    ]


def test_pictures_tell_a_key_of_some_rows_from_a_key_of_all_rows(keys: Schema) -> None:
    diagram = {line.split()[1]: line.strip().lower() for line in as_mermaid(keys) if "null" in line}
    picture = ElementTree.fromstring(as_svg(keys))
    marks = [text for text in picture.iter(f"{SVG}text") if text.get("class") == "key"]
    titles = [title.text.lower() for mark in marks if (title := mark.find(f"{SVG}title")) is not None and title.text]
    assert [mark.text or (mark[0].tail or "") for mark in marks] == ["PK", "UK*", "UK", "UK*"]
    assert titles == ["unique (lower(email), seat desc)", "unique (team) where is_live = 1"]
    assert diagram["email"] == 'text email "null, unique (lower(email), seat desc)"'
    assert diagram["Nick"] == 'text nick uk "null"'
    assert diagram["team"] == 'integer team "null, unique (team) where is_live = 1"'
    assert diagram["seat"] == 'integer seat "null"'


def test_every_output_shows_where_null_equals_null(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        if connection.info.server_version < 150_000:
            pytest.skip("PostgreSQL 15 added NULLS NOT DISTINCT")
        connection.execute(
            b"CREATE TABLE t (a text, b text, CONSTRAINT t_b_key UNIQUE NULLS NOT DISTINCT (b));"
            b"CREATE UNIQUE INDEX i ON t (a) NULLS NOT DISTINCT WHERE b = 'x'"
        )
        found = schema_postgresql.read_schema(connection)
    told = ("(a) NULLS NOT DISTINCT WHERE b = 'x'::text", "(b) nulls not distinct")
    text, picture = "\n".join(as_text(found)), as_svg(found)
    for each in told:
        assert each in text
        assert escape(each) in picture
        assert any(f'"null, unique {each}"' in line for line in as_mermaid(found))


def test_text_shows_every_option_of_a_key(empty_postgres_url: str) -> None:
    with closing(psycopg.connect(empty_postgres_url)) as connection:
        connection.execute(
            b"CREATE TABLE t (a integer PRIMARY KEY, b integer REFERENCES t ON UPDATE CASCADE,"
            b" CONSTRAINT k UNIQUE (b) DEFERRABLE);"
            b"CREATE INDEX i ON t USING hash (b); CREATE INDEX j ON t (a, (b + 1) DESC NULLS LAST) INCLUDE (b)"
        )
        lines = [" ".join(line.split()) for line in as_text(schema_postgresql.read_schema(connection))]
    assert lines[3:] == [
        "primary key (a)",
        "foreign key t_b_fkey (b) to t (a) on update cascade",
        "unique k (b) deferrable",
        "index i USING hash (b)",
        "index j (a, (b + 1) DESC NULLS LAST) INCLUDE (b)",
    ]


def test_a_key_of_two_columns_makes_a_relation_to_one_row() -> None:
    columns = tuple(Column(name, "integer", nullable=False, default=None, generated=None) for name in "ab")
    link = ForeignKey("", ("a", "b"), "t", ("a", "b"), "no action")
    whole = Index("i", ("a", "b"), True, "create unique index i on t (a, b)")
    table = Table("t", columns, (), (), (link,), (), (whole,), order=("a", "b"))
    some = replace(table, indexes=(replace(whole, where="a > 1"),))
    assert [line for each in (table, some) for line in as_mermaid(Schema((each,))) if "--" in line] == [
        '    t ||--o| t : "a, b"',
        '    t ||--o{ t : "a, b"',
    ]
