"""The binder gives each result column the origin that the database reports, and binds no name that it refuses."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from random import Random
from secrets import token_hex

import psycopg
import pytest
from sqlglot import exp

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.databases.postgresql import PostgresProbe
from hangar_dal.check.databases.sqlite import SqliteProbe
from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.migrations import schema_postgresql, schema_sqlite
from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlscan import Dialect
from tests.check.bind_cases import (
    COMPOSED,
    LAST,
    LAST_OF,
    ORIGINS,
    ORIGINS_OF,
    REFUSED,
    REFUSED_BY,
    TABLES,
    UNCERTAIN,
    VIEWS,
)
from tests.check.composer import Composer
from tests.conftest import BACKENDS
from tests.helpers.postgres_server import Server


class Asked:
    """A database with these tables, and what it says about a statement."""

    def __init__(self, dialect: Dialect, probe: PostgresProbe | SqliteProbe, tables: Tables) -> None:
        self.dialect, self.probe, self.tables = dialect, probe, tables

    def describe(self, text: str) -> StatementInfo:
        return self.probe.describe(Variant(self.dialect, tuple(map(Line, text.split("\n"), count(1)))))

    def accepts(self, text: str) -> bool:
        """MERGE came with PostgreSQL 15."""
        is_old = isinstance(self.probe, PostgresProbe) and self.probe._connection.info.server_version < 150_000
        return self.describe(text).refusal is None or (is_old and text.startswith("MERGE"))

    def origins(self, text: str) -> list[str]:
        info = self.describe(text)
        assert info.refusal is None, text
        return [f"{each.table}.{each.column}" if each.column else "-" for each in info.columns]

    def bound(self, text: str) -> Binding:
        binding = bind(text, self.dialect, self.tables)
        assert binding is not None, text
        return binding


@pytest.fixture(scope="module", params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    if request.param == "sqlite":
        path: Path = tmp_path_factory.mktemp("bind") / "tables.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(TABLES)
            with SqliteProbe(path) as probe:
                yield Asked("sqlite", probe, with_keys(probe.tables(), schema_sqlite.read_schema(connection)))
        return
    server: Server = request.getfixturevalue("postgres_server")
    name = f"bind_{token_hex(6)}"
    with server.database(name), psycopg.connect(server.url(name)) as opened:
        opened.execute(TABLES.encode())
        opened.commit()
        with PostgresProbe(server.url(name)) as described:
            yield Asked("postgresql", described, with_keys(described.tables(), schema_postgresql.read_schema(opened)))


def origins_of(binding: Binding, query: exp.Expr) -> list[str] | None:
    outputs = binding.outputs(query)
    if outputs is None:
        return None
    return [".".join(each.origin) if each.origin else "-" for each in outputs]


def test_result_columns_have_the_origin_that_the_database_reports(database: Asked) -> None:
    for text, expected in {**ORIGINS, **ORIGINS_OF[database.dialect]}.items():
        binding = database.bound(text)
        assert origins_of(binding, binding.tree) == expected.split(), text
        assert database.origins(text) == expected.split(), text


def last_name(binding: Binding) -> exp.Column:
    return max(binding.tree.find_all(exp.Column), key=lambda column: int(column.this.meta["start"]))


def test_what_is_not_certain_is_not_bound(database: Asked) -> None:
    for text in UNCERTAIN[database.dialect]:
        assert database.describe(text).refusal is None, text
        binding = database.bound(text)
        assert binding.column(last_name(binding)) is None, text


def test_names_within_a_statement_have_their_origin(database: Asked) -> None:
    for text, expected in {**LAST, **LAST_OF[database.dialect]}.items():
        assert database.accepts(text), text
        binding = database.bound(text)
        assert binding.origin(last_name(binding)) == tuple(expected.split(".")), text


def test_a_number_in_order_by_counts_the_columns_of_the_result(database: Asked) -> None:
    binding = database.bound("SELECT a.*, b.z FROM a, b ORDER BY 2")
    (ordered,) = binding.tree.args["order"].expressions
    assert binding.origin(binding.sort_key(ordered)) == ("a", "x")


def test_natural_does_not_merge_columns_across_a_comma_on_postgresql(database: Asked) -> None:
    binding = database.bound("SELECT 1 FROM (SELECT h.x AS m FROM h) AS k, g NATURAL JOIN h")
    *left, right = binding.sources(binding.tree)
    pairs = binding.merged(binding.tree.args["joins"][1], left, [right], binding.tree)
    expected = {"sqlite": {"id", "x", "m"}, "postgresql": {"id", "x"}}[database.dialect]
    assert {one.column.name for one, _ in pairs} == expected


def test_a_name_that_the_database_refuses_is_not_bound(database: Asked) -> None:
    for text, name in {**REFUSED, **REFUSED_BY[database.dialect]}.items():
        assert database.describe(text).refusal is not None, text
        binding = database.bound(text)
        named = [each for each in binding.tree.find_all(exp.Column) if each.sql() == name]
        assert named, text
        assert [binding.column(each) for each in named] == [None] * len(named), text


def test_no_composed_statement_gets_another_origin(database: Asked, seed: int) -> None:
    """Where the binder is certain, the database agrees; where the database has an origin, the binder mostly has it."""
    random, known, unknown = Random(seed), 0, 0
    for _ in range(COMPOSED):
        text = Composer(random, database.dialect).statement()
        described, binding = database.describe(text), bind(text, database.dialect, database.tables)
        found = None if described.refusal or binding is None else origins_of(binding, binding.tree)
        for at, column in enumerate(described.columns):
            origin = found[at] if found is not None else "-"
            if column.column is None or origin.startswith(VIEWS[database.dialect]):
                continue
            known, unknown = known + (origin != "-"), unknown + (origin == "-")
            assert origin in ("-", f"{column.table}.{column.column}"), text
    # SQLite also names a column behind a subquery used as a value, and behind one query of a UNION.
    assert known > {"postgresql": 20, "sqlite": 2}[database.dialect] * unknown
