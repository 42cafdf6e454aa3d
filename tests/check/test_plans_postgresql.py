"""Tables of all sorts are filled, and what cannot be filled is planned for nevertheless."""

from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest

from hangar_dal import sqlfile
from hangar_dal.check.model import Tables
from hangar_dal.check.query_plans.model import scans_of
from hangar_dal.check.query_plans.postgresql import PostgresPlanner
from hangar_dal.check.statement_info import SentAs
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.migrations.scratch import empty_postgresql
from hangar_dal.sqlblock import Variant
from tests.helpers.postgres_server import Server

TABLES = """
CREATE TYPE mood AS ENUM ('GLAD', 'it''s so');
CREATE DOMAIN tag AS varchar(8) CHECK (VALUE <> '');
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
CREATE TABLE kinds (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    a smallint NOT NULL, b integer NOT NULL, c numeric(12, 2) NOT NULL, d double precision NOT NULL,
    e boolean NOT NULL, f text NOT NULL, g varchar(3) NOT NULL, h char(4) NOT NULL, i uuid NOT NULL,
    j bytea NOT NULL, k json NOT NULL, l jsonb NOT NULL, m date NOT NULL, n timestamp NOT NULL,
    o timestamptz NOT NULL, p time NOT NULL, q interval NOT NULL, r inet NOT NULL, s int4range NOT NULL,
    t text[] NOT NULL, u mood NOT NULL, v tag NOT NULL, w tsvector NOT NULL, x point, y real NOT NULL, z bigint,
    "order" bigint NOT NULL CHECK ("order" > 1000000), double bigint GENERATED ALWAYS AS (b * 2) STORED,
    EXCLUDE USING gist (s WITH &&), UNIQUE (u, e, f)
);
CREATE INDEX kinds_z ON kinds (z);
CREATE INDEX kinds_order ON kinds ("order");
CREATE INDEX kinds_upper ON kinds (upper(f), b);
CREATE INDEX kinds_tags ON kinds USING gin (t);
CREATE TRIGGER refuse BEFORE INSERT ON kinds FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TABLE pairs (
    one bigint NOT NULL REFERENCES kinds, other bigint NOT NULL REFERENCES kinds, PRIMARY KEY (one, other)
);
CREATE TABLE months (at date NOT NULL, note text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE months_2020 PARTITION OF months FOR VALUES FROM ('2019-01-01') TO ('2022-01-01');
CREATE INDEX months_at ON months (at);
CREATE TABLE ones (id bigint PRIMARY KEY REFERENCES kinds);
CREATE TABLE few (u mood NOT NULL, e boolean NOT NULL, PRIMARY KEY (u, e));
CREATE TABLE odd (id bigint PRIMARY KEY, where_ point NOT NULL);
CREATE TABLE ruled (id bigint PRIMARY KEY, note text NOT NULL);
CREATE RULE kept AS ON DELETE TO ruled DO INSTEAD NOTHING;
CREATE RULE told AS ON UPDATE TO ruled DO ALSO DELETE FROM odd WHERE odd.id = old.id;
CREATE RULE waked AS ON UPDATE TO ruled DO ALSO NOTIFY ruled;
"""


@pytest.fixture(scope="module")
def scratch(postgres_server: Server) -> Iterator[PostgresScratch]:
    with pytest.MonkeyPatch.context() as patch:
        if postgres_server.needs_permission:
            patch.setenv("HANGAR_ALLOW_INSECURE_POSTGRES", "true")
        with empty_postgresql(postgres_server.url(postgres_server.maintenance)) as made:
            with closing(made.connect()) as connection, made.changing(connection) as change:
                change.execute(TABLES)
            yield made


@pytest.fixture(scope="module")
def url(scratch: PostgresScratch) -> str:
    return scratch.location.conninfo


@pytest.fixture(scope="module")
def planner(scratch: PostgresScratch) -> Iterator[PostgresPlanner]:
    tables = Tables({name: {} for name in ("kinds", "pairs", "months", "odd", "ruled")})
    with closing(PostgresPlanner(scratch, tables)) as planner:
        yield planner


@pytest.fixture
def scanned(planner: PostgresPlanner) -> Callable[[str], list[str]]:
    """The tables that a statement reads whole."""

    def read(text: str) -> list[str]:
        return [scan.table for scan in scans_of(planner, statement(text), Tables({}), {})]

    return read


def statement(text: str) -> Variant:
    return sqlfile.parse(f"-- name: it\n{text};", path="it.sql", dialect="postgresql").blocks["it"].all_lines


def test_rows_are_made_up_for_each_type_whatever_the_rules(planner: PostgresPlanner, url: str) -> None:
    assert planner.explain(statement("SELECT 1 FROM kinds, pairs, months, ones, odd")) is not None
    assert planner.empty == ["public.odd"]
    with psycopg.connect(url) as connection:
        [counts] = connection.execute(
            "SELECT (SELECT count(*) FROM kinds), (SELECT count(*) FROM pairs), (SELECT count(*) FROM months),"
            " (SELECT count(*) FROM ones),"
            " (SELECT count(DISTINCT u) FROM kinds),"
            " (SELECT count(*) FROM few)"
        ).fetchall()
    assert counts == (4_000, 4_000, 4_000, 4_000, 2, 0), "what no statement reads is left empty"


@pytest.mark.parametrize(
    ("text", "tables"),
    [
        ('SELECT id FROM kinds WHERE "order" = :x', []),
        ("SELECT id FROM kinds WHERE upper(f) = :x", []),
        ("SELECT id FROM kinds WHERE b = :x", ["kinds"]),
        ("SELECT id FROM kinds WHERE t @> :x", []),
        ("SELECT note FROM months WHERE at = :x", []),
        ("SELECT note FROM months WHERE note = :x", ["months"]),
        ("SELECT where_ FROM odd WHERE id = :x", []),
        ("SELECT id FROM odd WHERE where_ ~= :x", ["odd"]),
        ("SELECT k.id FROM kinds AS k INNER JOIN pairs AS p ON p.one = k.id WHERE p.other = :x", ["pairs"]),
        ("SELECT k.id FROM kinds AS k INNER JOIN pairs AS p ON p.other = k.id WHERE p.one = :x", []),
        ("SELECT p.one FROM pairs AS q LEFT JOIN pairs AS p ON p.other = q.one WHERE q.one > :x", ["pairs"]),
        ("SELECT id FROM kinds WHERE z IS NOT NULL", []),
        ("SELECT max(z) FROM kinds", []),
        ("SELECT max(z) FROM kinds WHERE f = :x", ["kinds"]),
        ("SELECT one FROM pairs WHERE one = :x OR other = :y", ["pairs"]),
        ("SELECT id FROM kinds ORDER BY id OFFSET :o LIMIT :n + 1", []),
        ("SELECT id FROM kinds ORDER BY id FETCH FIRST :n ROWS ONLY", []),
        ("SELECT k.id FROM kinds AS k TABLESAMPLE SYSTEM (1) ORDER BY k.id", ["kinds"]),
    ],
)
def test_indexes_of_all_sorts_are_told_apart(text: str, tables: list[str], scanned: Callable[[str], list[str]]) -> None:
    assert scanned(text) == tables


def test_a_statement_is_planned_with_the_types_that_are_sent(planner: PostgresPlanner) -> None:
    it = statement("SELECT id FROM kinds WHERE date_trunc('day', :at) > :now - interval '1 day'")
    instants = [SentAs(name, "timestamp with time zone") for name in ("at", "now")]
    assert planner.explain(it) is None
    plan = planner.explain(it, instants)
    assert plan is not None
    assert plan.whole == ("kinds",)


def test_a_plan_speaks_of_parameters_by_their_names(planner: PostgresPlanner) -> None:
    plan = planner.explain(statement("SELECT note FROM months WHERE at = :at AND note = :note LIMIT :limit"))
    assert plan is not None
    assert "[index cond: (at = :at)] [filter: (note = :note)]" in " ".join(step.text for step in plan.steps)


def test_a_statement_that_cannot_be_planned_leaves_the_next_ones_alone(scanned: Callable[[str], list[str]]) -> None:
    assert scanned("INSERT INTO ones (id) VALUES (1) ON CONFLICT ((id + 1)) DO NOTHING") == []
    assert scanned("SELECT id FROM kinds WHERE y = 1") == ["kinds"]


def test_a_rule_of_the_table_may_make_no_plan_or_several(planner: PostgresPlanner) -> None:
    nothing = planner.explain(statement("DELETE FROM ruled WHERE id = :id"))
    assert nothing is not None
    assert nothing.steps == ()
    several = planner.explain(statement("UPDATE ruled SET note = :note WHERE note = 'x'"))
    assert several is not None
    assert several.whole == ("ruled",)
    assert [step.text for step in several.steps if step.depth == 0] == ["Delete on odd", "Update on ruled"]
