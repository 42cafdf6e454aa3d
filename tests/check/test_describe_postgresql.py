"""What PostgreSQL says of statements: types of parameters and columns, origins, refusals at their place."""

from collections.abc import Iterator
from typing import Any, cast

import psycopg
import pytest

from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.sqlblock import Line, Variant

TABLES = """
CREATE DOMAIN positive AS bigint CHECK (value > 0);
CREATE TYPE mood AS ENUM ('sad', 'glad');
CREATE TABLE things (
    id uuid PRIMARY KEY, title varchar(20) NOT NULL, small smallint, ratio real, body bytea, day date,
    at timestamptz NOT NULL, local timestamp, doc jsonb NOT NULL, tags text[] NOT NULL, ids uuid[], price numeric,
    amount positive NOT NULL, mood mood,
    status text NOT NULL CHECK (status IN ('NEW', 'it''s')),
    colour varchar(9) CHECK (colour = 'red' OR colour = 'blue'),
    level bigint NOT NULL CHECK (level IN (-1, 0, 1) AND length(title) > 0),
    size text CHECK (size IS NULL OR size IN ('S', 'M')),
    odd text CHECK (odd NOT IN ('X')),
    either text CHECK (either IN ('A') OR length(either) > 5),
    "Mixed" text CHECK ("Mixed" = ANY (ARRAY['m']))
);
CREATE VIEW seen AS SELECT id, title FROM things;
CREATE SCHEMA aside;
CREATE TABLE aside.others (id uuid NOT NULL);
CREATE TABLE parents (n integer);
CREATE TABLE children () INHERITS (parents);
ALTER TABLE ONLY parents ALTER COLUMN n SET NOT NULL;
ALTER TABLE children ALTER COLUMN n DROP NOT NULL;
CREATE FOREIGN DATA WRAPPER elsewhere;
CREATE SERVER far FOREIGN DATA WRAPPER elsewhere;
CREATE FOREIGN TABLE trusted (n integer NOT NULL) SERVER far;
CREATE TABLE ruled (n integer NOT NULL);
CREATE RULE else_where AS ON INSERT TO ruled DO INSTEAD SELECT NULL::integer;
"""


def variant(text: str) -> Variant:
    return Variant("postgresql", tuple(Line(line, number) for number, line in enumerate(text.split("\n"), 1)))


@pytest.fixture
def probe(empty_postgres_url: str) -> Iterator[PostgresProbe]:
    with psycopg.connect(empty_postgres_url) as connection:
        for statement in TABLES.split(";\n"):
            try:
                with connection.transaction():
                    connection.execute(statement.encode())
            except psycopg.errors.InvalidTableDefinition:  # PostgreSQL 18: a parent's rule is its children's
                assert "ONLY" in statement or "children" in statement
    with PostgresProbe(empty_postgres_url) as opened:
        yield opened


def kinds(described: StatementInfo) -> list[str | None]:
    assert described.refusal is None
    return [column.kind for column in described.columns]


def test_parameters_get_the_types_that_they_have_where_they_stand(probe: PostgresProbe) -> None:
    described = probe.describe(
        variant(
            "SELECT 1 FROM things WHERE id = ANY(:ids) AND title = :title AND at > :now AND amount = :amount\nLIMIT:n"
        )
    )
    assert described.parameters == {"ids": "list:uuid", "title": "text", "now": "instant", "amount": "int", "n": "int"}


def test_a_parameter_is_prepared_with_the_type_that_is_sent(probe: PostgresProbe) -> None:
    text = "SELECT id FROM things WHERE at > :now - interval '1 day' AND title = :title"
    assert probe.describe(variant(text)).refusal is not None
    described = probe.describe(variant(text), [SentAs("now", "timestamp with time zone"), SentAs("title", "")])
    assert described.refusal is None
    assert described.parameters == {"now": None, "title": "text"}


def test_a_type_that_does_not_fit_is_told_beside_the_one_that_does(probe: PostgresProbe) -> None:
    text = "SELECT id FROM things WHERE substr(title, :a, :b) = :t AND at > :now - interval '1 day'"
    sent = [SentAs("a", "bigint"), SentAs("b", "bigint"), SentAs("t", ""), SentAs("now", "timestamp with time zone")]
    described = probe.describe(variant(text), sent)
    assert described.refusal is None
    assert described.misfits == {"a": "integer", "b": "integer"}
    refused = probe.describe(variant(f"{text} AND tags = :a"), sent).refusal
    assert refused is not None
    assert "(:a is sent as bigint, :b is sent as bigint, :now is sent as timestamp with time zone)" in refused.reason


def test_an_argument_that_may_be_none_is_prepared_without_its_type_too(probe: PostgresProbe) -> None:
    text = "SELECT id FROM things WHERE (:a IS NULL OR small = 1) AND small > :b + :c"

    def without_value(*nullable: str) -> dict[str, str]:
        described = probe.describe(variant(text), [SentAs(name, "bigint", name in nullable) for name in "abc"])
        assert described.refusal is None
        return {name: refusal.reason for name, refusal in described.without_value.items()}

    assert without_value() == {}
    assert without_value("b") == {}
    assert list(without_value("b", "c")) == ["b"]
    assert without_value("a", "b") == {"a": "could not determine data type of parameter :a"}


def test_a_parameter_that_stands_twice_is_one(probe: PostgresProbe) -> None:
    described = probe.describe(variant("SELECT 1 FROM things WHERE title = :x OR status = :x OR small = :y"))
    assert described.parameters == {"x": "text", "y": "int"}


def test_columns_get_kinds_and_origins(probe: PostgresProbe) -> None:
    described = probe.describe(
        variant("SELECT t.id AS thing, count(*) OVER () AS n, title || 'x' AS more FROM things AS t")
    )
    assert [(c.name, c.kind, c.table, c.column) for c in described.columns] == [
        ("thing", "uuid", "things", "id"),
        ("n", "int", None, None),
        ("more", "text", None, None),
    ]


def test_every_type_of_this_package_is_known_and_others_keep_their_names(probe: PostgresProbe) -> None:
    columns = "small, ratio, body, day, at, local, doc, tags, ids, price, amount, mood, TRUE, '{}'::json, 1.5::float8"
    assert kinds(probe.describe(variant(f"SELECT {columns} FROM things"))) == [
        "int", "real", "bytes", "date", "instant", "timestamp without time zone", "json", "list:text", "list:uuid",
        "numeric", "int", "enum:mood", "bool", "json", "float",
    ]  # fmt: skip


def test_what_returns_nothing_has_no_columns(probe: PostgresProbe) -> None:
    assert probe.describe(variant("DELETE FROM things WHERE id = :id")).columns == ()


def test_nothing_is_executed(probe: PostgresProbe, empty_postgres_url: str) -> None:
    assert probe.describe(variant("INSERT INTO aside.others SELECT gen_random_uuid() RETURNING id")).refusal is None
    assert probe.describe(variant("DROP TABLE aside.others")).refusal is None
    with psycopg.connect(empty_postgres_url) as connection:
        assert connection.execute("SELECT count(*) FROM aside.others").fetchone() == (0,)


@pytest.mark.parametrize(
    ("text", "at", "reason"),
    [
        ("SELECT id,\n       nme\nFROM things", "nme", '"nme" does not exist'),
        ("SELECT :first::int, :second::int,\n wrong FROM things", "wrong", '"wrong" does not exist'),
        ("SELECT 'äöü', :first::int, wrong FROM things", "wrong", '"wrong" does not exist'),
        ("SELECT 1 LIMIT:long_name OFFSET wrong", "wrong", "wrong"),
        ("SELECT 1 FROM things WHERE title = :a AND :who IS NULL", ":who", "parameter :who"),
        ("SELECT 1 FROM things WHERE small = :a AND title = :a", "= :a", "operator does not exist"),
    ],
)
def test_a_refusal_stands_where_the_file_has_it(probe: PostgresProbe, text: str, at: str, reason: str) -> None:
    refusal = probe.describe(variant(text)).refusal
    assert refusal is not None
    assert reason in refusal.reason
    assert "$" not in refusal.reason
    assert refusal.offset is not None
    assert refusal.offset == text.rindex(at)


def test_a_refusal_hands_on_the_hint(probe: PostgresProbe) -> None:
    refusal = probe.describe(variant("SELECT tittle FROM things")).refusal
    assert refusal is not None
    assert 'Perhaps you meant to reference the column "things.title"' in refusal.reason


def test_a_refusal_leaves_the_probe_as_it_was(probe: PostgresProbe) -> None:
    assert probe.describe(variant("SELEC")).refusal
    assert kinds(probe.describe(variant("SELECT 1"))) == ["int"]


def test_a_statement_that_is_prepared_and_then_cannot_be_described_leaves_nothing_behind(
    probe: PostgresProbe, empty_postgres_url: str
) -> None:
    server = probe._connection.pgconn

    class DropsFirst:
        """The same connection, on which a table is dropped between PREPARE and the description."""

        def __getattr__(self, name: str) -> Any:
            return getattr(server, name)

        def describe_prepared(self, name: bytes) -> Any:
            with psycopg.connect(empty_postgres_url) as other:
                other.execute("DROP TABLE IF EXISTS ruled")
            return server.describe_prepared(name)

    probe._connection.pgconn = cast("Any", DropsFirst())
    refusal = probe.describe(variant("SELECT n FROM ruled")).refusal
    assert refusal is not None
    assert 'relation "ruled" does not exist' in refusal.reason
    assert kinds(probe.describe(variant("SELECT 1"))) == ["int"]


def test_tables_have_their_columns_in_order_with_kinds_and_nullability(probe: PostgresProbe) -> None:
    things = probe.tables().columns["things"]
    assert list(things)[:4] == ["id", "title", "small", "ratio"]
    assert [name for name, column in things.items() if not column.nullable] == [
        "id", "title", "at", "doc", "tags", "amount", "status", "level",
    ]  # fmt: skip
    assert things["amount"].kind == "int"
    assert things["tags"].kind == "list:text"


def test_checks_that_name_their_values_are_read_and_no_others(probe: PostgresProbe) -> None:
    things = probe.tables().columns["things"]
    assert {name: column.allowed for name, column in things.items() if column.allowed} == {
        "status": ("NEW", "it's"),
        "colour": ("red", "blue"),
        "level": ("-1", "0", "1"),
        "size": ("S", "M"),
        "Mixed": ("m",),
        "mood": ("sad", "glad"),
    }


def test_an_enum_has_its_values_in_their_order_also_those_that_were_added(empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('sad', 'glad')")
        connection.execute("CREATE TYPE empty AS ENUM ()")
        connection.execute("CREATE DOMAIN humour AS mood")
        connection.execute("ALTER TYPE mood ADD VALUE 'fair' BEFORE 'glad'")
        connection.execute("CREATE TABLE people (mood mood, humour humour, moods mood[])")
    with PostgresProbe(empty_postgres_url) as probe:
        tables = probe.tables()
        assert tables.enums == {"empty": (), "mood": ("sad", "fair", "glad")}
        people = tables.columns["people"]
        assert {name: (column.kind, column.allowed) for name, column in people.items()} == {
            "mood": ("enum:mood", ("sad", "fair", "glad")),
            "humour": ("enum:mood", ("sad", "fair", "glad")),
            "moods": ("list:enum:mood", ()),
        }


def test_columns_that_hold_less_than_their_kind_say_so(empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute("CREATE DOMAIN tiny AS smallint")
        connection.execute("CREATE DOMAIN code AS varchar(3)")
        connection.execute("CREATE TABLE t (a smallint, b integer, c bigint, d varchar(5), e varchar, f tiny, g code)")
    with PostgresProbe(empty_postgres_url) as probe:
        assert {name: column.narrow for name, column in probe.tables().columns["t"].items()} == {
            "a": "smallint", "b": "integer", "c": "", "d": "character varying(5)", "e": "", "f": "smallint",
            "g": "character varying(3)",
        }  # fmt: skip


def test_a_table_outside_of_the_search_path_is_called_by_its_schema(probe: PostgresProbe) -> None:
    assert list(probe.tables().columns["aside.others"]) == ["id"]
    (column,) = probe.describe(variant("SELECT id FROM aside.others")).columns
    assert (column.table, column.column) == ("aside.others", "id")


def test_not_null_is_said_only_where_every_row_is_held_to_it(probe: PostgresProbe) -> None:
    tables = probe.tables().columns
    assert tables["seen"]["title"].nullable
    assert tables["ruled"]["n"].nullable
    assert tables["trusted"]["n"].nullable
    heirs_hold = not tables["children"]["n"].nullable
    assert tables["parents"]["n"].nullable is not heirs_hold


@pytest.mark.parametrize(
    ("text", "reason", "place"),
    [
        (
            """INSERT INTO things (id, title, at, doc, tags, amount, status, level)
VALUES (:id, 'a', :at, :doc, '{}', 1, 'NEW', 0)
ON CONFLICT (title) DO NOTHING""",
            "there is no unique or exclusion constraint matching the ON CONFLICT specification",
            (3, 4),
        ),
        (
            "SELECT a.id FROM things AS a FULL JOIN things AS b ON a.day < b.day",
            "FULL JOIN is only supported with merge-joinable or hash-joinable join conditions",
            None,
        ),
    ],
)
def test_what_only_planning_refuses_is_refused(
    text: str, reason: str, place: tuple[int, int] | None, probe: PostgresProbe
) -> None:
    asked = variant(text)
    refusal = probe.describe(asked).refusal
    assert refusal is not None
    assert refusal.reason == reason
    assert (asked.place_at(refusal.offset) if refusal.offset is not None else None) == place
    assert probe.describe(variant("SELECT id FROM things WHERE id = :id")).refusal is None
