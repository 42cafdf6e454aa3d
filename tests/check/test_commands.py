"""What the check knows about commands: it executes none, and finds wrong names in all of them."""

import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hangar_dal import cli
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.statement_info import SentAs
from hangar_dal.migrations.new import SHIM
from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlscan import Dialect

TABLES = """
CREATE TABLE orders (id bigint PRIMARY KEY, note text NOT NULL);
INSERT INTO orders VALUES (1, 'kept');
CREATE TABLE lines (order_id bigint NOT NULL REFERENCES orders (id));
CREATE TABLE logs (id bigint PRIMARY KEY, at date NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM (1) TO (9);
CREATE TABLE log_texts (log_id bigint NOT NULL REFERENCES logs (id));
CREATE VIEW noted AS SELECT note FROM orders;
CREATE MATERIALIZED VIEW totals AS SELECT note, count(*) AS number FROM orders GROUP BY note;
CREATE MATERIALIZED VIEW keyed AS SELECT note, count(*) AS number FROM orders GROUP BY note;
CREATE UNIQUE INDEX keyed_note_key ON keyed (note);
CREATE MATERIALIZED VIEW half_keyed AS SELECT note FROM orders;
CREATE UNIQUE INDEX half_keyed_note_key ON half_keyed (note) WHERE note <> '';
CREATE SCHEMA "Odd";
CREATE TABLE "Odd"."Orders" ("Id" bigint);
CREATE SEQUENCE numbers;
CREATE PROCEDURE refill(note text, times bigint) LANGUAGE sql AS 'INSERT INTO orders VALUES (times, note)';
"""
RIGHT = [
    "CALL refill(:note, :times)",
    "CALL refill('x', 1)",
    "TRUNCATE TABLE ONLY lines, orders * RESTART IDENTITY",
    "TRUNCATE orders CASCADE",
    "TRUNCATE logs, log_texts",
    "TRUNCATE lines",
    "/* a comment */ TRUNCATE -- another, and a name: nowhere\n lines",
    'TRUNCATE "Odd"."Orders"',
    "LOCK orders, ONLY noted IN SHARE ROW EXCLUSIVE MODE NOWAIT",
    "LOCK TABLE ONLY (orders) IN ACCESS SHARE MODE",
    "REFRESH MATERIALIZED VIEW totals WITH NO DATA",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY public.keyed",
    "ANALYZE",
    "ANALYZE VERBOSE orders",
    'ANALYZE (VERBOSE, SKIP_LOCKED true) orders (id, note), "Odd"."Orders" ("Id"), keyed',
    "NOTIFY orders, 'changed'",
]
WRONG = {
    "CALL refil(:note, :times)": "procedure refil(unknown, bigint) does not exist",
    "CALL refill(:note)": "procedure refill(unknown) does not exist",
    "CALL refill(:note, CAST(:times AS date))": "cannot cast type bigint to date",
    "TRUNCATE nowhere": 'relation "nowhere" does not exist',
    "TRUNCATE lines, nowhere": 'relation "nowhere" does not exist',
    "TRUNCATE orders": "a foreign key of lines refers to a table that is truncated; list lines too, or add CASCADE",
    "TRUNCATE logs": "a foreign key of log_texts refers to a table that is truncated",
    "TRUNCATE noted": '"noted" is a view, not a table or a foreign table',
    "TRUNCATE odd.orders": 'relation "odd.orders" does not exist',
    "TRUNCATE orders WHERE id = 1": 'syntax error at or near "WHERE"',
    "LOCK numbers": '"numbers" is a sequence, not a table or a view',
    "LOCK nowhere": 'relation "nowhere" does not exist',
    "REFRESH MATERIALIZED VIEW noted": '"noted" is a view, not a materialized view',
    "REFRESH MATERIALIZED VIEW CONCURRENTLY totals": "CONCURRENTLY needs a unique index of columns, without WHERE",
    "REFRESH MATERIALIZED VIEW CONCURRENTLY half_keyed": "CONCURRENTLY needs a unique index of columns",
    "ANALYZE orders (id, name)": 'column "name" of orders does not exist',
    "ANALYZE keyed_note_key": '"keyed_note_key" is an index, not a table',
    "NOTIFY orders, 1": 'syntax error at or near "1"',
}
SENT = {"note": SentAs("note", ""), "times": SentAs("times", "bigint")}


def variant(text: str, dialect: Dialect = "postgresql") -> Variant:
    return Variant(dialect, tuple(Line(line, number) for number, line in enumerate(text.split("\n"), 1)))


@pytest.fixture
def probe(empty_postgres_url: str) -> Iterator[PostgresProbe]:
    with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
        connection.execute(TABLES.encode())
        with PostgresProbe(empty_postgres_url) as opened:
            yield opened
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (1,), "nothing was executed"


def sent_by(of: Variant) -> list[SentAs]:
    return [SENT[name] for name in dict.fromkeys(parameter.name for parameter in of.parameters)]


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_command_is_accepted_and_not_executed(text: str, probe: PostgresProbe) -> None:
    asked = variant(text)
    described = probe.describe(asked, sent_by(asked))
    assert described.refusal is None
    assert described.columns == ()


@pytest.mark.parametrize(("text", "reason"), WRONG.items())
def test_a_wrong_name_in_a_command_is_found_at_its_place(text: str, reason: str, probe: PostgresProbe) -> None:
    asked = variant(text)
    refusal = probe.describe(asked, sent_by(asked)).refusal
    assert refusal is not None
    assert refusal.reason.startswith(reason)
    if " does not exist" in reason and "procedure" not in reason:
        name = reason.split('"')[1]
        assert refusal.offset is not None
        assert text[refusal.offset :].startswith(name)


@pytest.mark.parametrize("by_library", [True, False])
def test_a_command_of_sqlite_is_compiled_and_not_executed(by_library: bool, tmp_path: Path) -> None:
    path = tmp_path / "orders.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id integer PRIMARY KEY) STRICT")
    with SqliteProbe(path, by_library=by_library) as probe:
        for text in ("ANALYZE", "ANALYZE orders", "VACUUM"):
            described = probe.describe(variant(text, "sqlite"))
            assert described.refusal is None
            assert described.columns == ()
        refusal = probe.describe(variant("ANALYZE nowhere", "sqlite")).refusal
    assert refusal is not None
    assert refusal.reason == "no such table: nowhere"
    assert connection.execute("SELECT name FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchall() == []
    connection.close()


PYTHON = """\
from pathlib import Path
from hangar_dal import Catalog, Executor

HERE = Path(__file__).parent
CATALOG = Catalog("upkeep", sql=HERE / "sql", migrations=HERE / "migrations", dialects=["{dialect}"])
"""
FUNCTION = """
@CATALOG.query
async def {name}(db: Executor{arguments}) -> None: ...
"""
QUERIES: dict[Dialect, dict[str, str]] = {
    "sqlite": {"analyze": "ANALYZE orders", "shrink": "VACUUM"},
    "postgresql": {
        "analyze": "ANALYZE orders",
        "refill": "CALL refill(:note, :times)",
        "refresh": "REFRESH MATERIALIZED VIEW totals",
        "empty": "TRUNCATE orders CASCADE",
        "announce": "NOTIFY orders",
    },
}
MIGRATION: dict[Dialect, tuple[str, str]] = {
    "sqlite": ("CREATE TABLE orders (id integer PRIMARY KEY) STRICT;", "DROP TABLE orders;"),
    "postgresql": (
        """\
CREATE TABLE orders (id bigint PRIMARY KEY, note text NOT NULL);
CREATE MATERIALIZED VIEW totals AS SELECT count(*) AS number FROM orders;
CREATE PROCEDURE refill(note text, times bigint) LANGUAGE sql AS 'INSERT INTO orders VALUES (times, note)';
""",
        "DROP PROCEDURE refill(text, bigint); DROP MATERIALIZED VIEW totals; DROP TABLE orders;",
    ),
}


@pytest.fixture(params=["sqlite", "postgresql"])
def upkeep(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An application whose queries are commands, in the working directory; returns the options of the server."""
    dialect, here = request.param, Path.cwd()
    monkeypatch.syspath_prepend(here)
    functions = [
        FUNCTION.format(name=name, arguments=", note: str, times: int" if "CALL" in sql else "")
        for name, sql in QUERIES[dialect].items()
    ]
    (here / "upkeep.py").write_text(PYTHON.format(dialect=dialect) + "\n".join(functions))
    (here / "pyproject.toml").write_text('[tool.hangar_dal]\ncatalogs = ["upkeep:CATALOG"]\n')
    for folder in ("sql", "migrations"):
        (here / folder / dialect).mkdir(parents=True)
    blocks = [f"-- name: {name}\n{sql};\n" for name, sql in QUERIES[dialect].items()]
    (here / "sql" / dialect / "upkeep.sql").write_text("\n".join(blocks))
    (here / "migrations" / "0001_orders.py").write_text(SHIM)
    for suffix, text in zip(("sql", "rollback.sql"), MIGRATION[dialect], strict=True):
        (here / "migrations" / dialect / f"0001_orders.{suffix}").write_text(text)
    yield ["--postgresql", request.getfixturevalue("server")] if dialect == "postgresql" else []
    sys.modules.pop("upkeep", None)


def test_a_catalog_of_commands_passes_the_check_with_databases_and_with_snapshots(
    upkeep: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["check", "--update", *upkeep]) == 0
    assert cli.main(["check", *upkeep]) == 0
    assert cli.main(["check", "--offline"]) == 0
    capsys.readouterr()
    assert cli.main(["explain", "analyze", *upkeep]) == 0
    assert "a command has no plan" in capsys.readouterr().out


def test_a_wrong_name_in_a_command_is_reported(upkeep: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for path in Path("sql").rglob("upkeep.sql"):
        path.write_text(path.read_text().replace("ANALYZE orders", "ANALYZE\n    ordrs"))
    assert cli.main(["check", *upkeep]) == 1
    out = capsys.readouterr().out
    assert ("upkeep.sql:3:5" if upkeep else "upkeep.sql:") in out  # SQLite tells no place of this error
    assert "ordrs" in out
    assert "statement-refused" in out
