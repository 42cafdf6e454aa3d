"""The index that a statement lacks, as PostgreSQL and SQLite accept it."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import psycopg
import pytest

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.query_plans.index_advice import missing_indexes, optional_parameter
from hangar_dal.sqlscan import DIALECTS, Dialect

Asked = tuple[Dialect, Callable[[str], list[tuple[object, ...]]]]
NAMES = ("id", "points", "At Home", "at", "name", "data", "order")
MADE = 'id bigint PRIMARY KEY, points integer, "At Home" integer, name text, data text, "order" integer'
EXPLAIN = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}
COLUMNS = {name: TableColumn(name, "int", nullable=True) for name in NAMES}
TABLES = Tables({"games": COLUMNS, "shown": COLUMNS}, {"games": (("id",),)})


@pytest.mark.parametrize(
    ("dialect", "text", "columns"),
    [
        ("postgresql", "ORDER BY points DESC NULLS LAST, id LIMIT 1", "points DESC NULLS LAST, id"),
        ("postgresql", "ORDER BY points NULLS FIRST LIMIT 1", "points NULLS FIRST"),
        ("postgresql", "ORDER BY points DESC NULLS FIRST, id DESC NULLS FIRST LIMIT 1", "points, id"),
        ("postgresql", 'ORDER BY "At Home" DESC, id LIMIT 1', '"At Home" DESC, id'),
        ("sqlite", "ORDER BY points DESC NULLS LAST, id LIMIT 1", "points DESC, id"),
        ("sqlite", "WHERE date(at) = '2026-01-01'", "(date(at))"),
        ("postgresql", "WHERE points::text = :a", "(points::text)"),
    ],
)
def test_an_index_has_the_order_of_the_statement(dialect: Dialect, text: str, columns: str) -> None:
    (found,) = missing_indexes(f"SELECT id FROM games {text}", dialect, "games", TABLES, ())
    assert found.partition(" ON games ")[2] == f"({columns})"


def test_no_index_is_advised_that_cannot_be_created() -> None:
    """A view has none, and the day of an instant depends on the time zone of the session."""
    assert missing_indexes("SELECT id FROM shown WHERE points = 1", "sqlite", "shown", TABLES, ()) == ()
    text = "SELECT id FROM games WHERE date(at) = '2026-01-01'"
    assert missing_indexes(text, "postgresql", "games", TABLES, ()) == ()


EXPRESSIONS = (
    "substr(name, 1, 3) = :a",
    "substr(g.name, 1, points) = :a",
    "lower(g.name) = lower(:a)",
    "coalesce(name, lower(name)) = :a",
    "CAST(points AS bigint) = :n",
    "(data ->> 'size') = :a",
    "length(name) IN (:n, 2)",
    "(abs(points) = :n AND id > 0)",
    "points + id = :n",
    '"order" = :n',
    'g."At Home" = :n',
)


@pytest.mark.parametrize("where", EXPRESSIONS)
def test_an_advised_index_can_be_created_and_serves_the_statement(where: str, databases: Sequence[Asked]) -> None:
    for dialect, execute in databases:
        text = f"SELECT id FROM games AS g WHERE {where}"
        (index,) = missing_indexes(text, dialect, "games", TABLES, ())
        name = index.partition(" ON ")[0].rpartition(" ")[2]
        execute(index.replace("CONCURRENTLY ", ""))
        called = text.replace(":a", "'a'").replace(":n", "1")
        plan = execute(f"{EXPLAIN[dialect]} {called}")
        assert name in str(plan), (dialect, index, plan)
        execute(f"DROP INDEX {name}")


def test_an_expression_whose_text_is_uncertain_gives_no_advice() -> None:
    text = "SELECT id FROM games WHERE CASE WHEN points > 3 THEN 'many' ELSE 'few' END = :a"
    assert missing_indexes(text, "sqlite", "games", TABLES, ()) == ()


@pytest.mark.parametrize(
    ("join", "columns"),
    [
        ("INNER JOIN shown AS s ON s.id = g.points", ["points"]),
        ("LEFT JOIN shown AS s ON s.id = g.points", []),
        ("RIGHT JOIN shown AS s ON s.id = g.points", ["points"]),
        ("FULL JOIN shown AS s ON s.id = g.points", []),
        ("LEFT JOIN games AS h ON h.name = s.data", ["name"]),
    ],
)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_outer_join_finds_rows_of_one_side_only(dialect: Dialect, join: str, columns: list[str]) -> None:
    text = f"SELECT s.id FROM {'shown AS s' if 's.data' in join else 'games AS g'} {join}"
    found = missing_indexes(text, dialect, "games", TABLES, ())
    assert [each.partition(" ON games ")[2] for each in found] == [f"({column})" for column in columns]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_condition_that_a_parameter_turns_off_is_served_by_no_index(dialect: Dialect) -> None:
    for given in (":a", "CAST(:a AS integer)"):
        text = f"SELECT id FROM games WHERE ({given} IS NULL OR points = :a) AND (id > 7 OR name <> :b)"
        assert missing_indexes(text, dialect, "games", TABLES, ()) == ()
        assert optional_parameter(text, dialect, "games", TABLES) == "a"
        assert optional_parameter(text, dialect, "shown", TABLES) == ""
    text = "SELECT id FROM games WHERE points IS NULL OR points = :a"
    assert optional_parameter(text, dialect, "games", TABLES) == ""
    assert len(missing_indexes(text, dialect, "games", TABLES, ())) == 1


@pytest.mark.parametrize("where", ["tags && :t", ":t && tags", "tags @> :t", "doc @> :d", "doc ? :a", "doc ?| :t"])
def test_a_search_for_items_is_advised_an_index_of_items(where: str, databases: Sequence[Asked]) -> None:
    kinds = {"tags": TableColumn("tags", "list:text", nullable=True), "doc": TableColumn("doc", "json", nullable=True)}
    tables = Tables({"games": COLUMNS | kinds}, {"games": (("id",),)})
    (_, execute) = databases[1]
    execute("ALTER TABLE games ADD COLUMN tags text[], ADD COLUMN doc jsonb")
    text = f"SELECT id FROM games WHERE {where}"
    (index,) = missing_indexes(text, "postgresql", "games", tables, ())
    execute(index.replace("CONCURRENTLY ", ""))
    called = text.replace(":t", "ARRAY['a']").replace(":d", "'{}'::jsonb").replace(":a", "'a'")
    assert index.split()[3] in str(execute(f"EXPLAIN {called}"))


def test_a_search_for_what_an_array_lies_within_is_advised_no_index() -> None:
    kinds = {"tags": TableColumn("tags", "list:text", nullable=True)}
    tables = Tables({"games": COLUMNS | kinds}, {"games": (("id",),)})
    for where in (":t @> tags", "tags <@ :t", "tags && tags", "points @> :t"):
        assert missing_indexes(f"SELECT id FROM games WHERE {where}", "postgresql", "games", tables, ()) == ()


@pytest.fixture
def databases(empty_postgres_url: str) -> Iterator[Sequence[Asked]]:
    """Both databases with the table, which PostgreSQL does not read as a whole if it can use an index."""
    with (
        closing(sqlite3.connect(":memory:")) as sqlite,
        closing(psycopg.connect(empty_postgres_url, autocommit=True)) as postgresql,
    ):
        sqlite.execute(f"CREATE TABLE games ({MADE})")
        postgresql.execute(f"CREATE TABLE games ({MADE.replace('data text', 'data jsonb')})".encode())
        postgresql.execute("SET enable_seqscan = off")
        yield [
            ("sqlite", lambda text: sqlite.execute(text).fetchall()),
            ("postgresql", lambda text: _rows(postgresql.execute(text.encode()))),
        ]


def _rows(cursor: "psycopg.Cursor[tuple[object, ...]]") -> list[tuple[object, ...]]:
    return cursor.fetchall() if cursor.description else []
