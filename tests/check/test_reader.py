"""What is read in a statement's words, held against what the database said of it."""

from dataclasses import replace

import pytest

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.reader import read
from hangar_dal.check.statement_info import PrepareError, ResultColumn, StatementInfo
from hangar_dal.sqlscan import DIALECTS, Dialect

TABLES = Tables({"users": {"id": TableColumn("id", "uuid", nullable=False)}}, {"users": (("id",),)})
ONE = StatementInfo(columns=(ResultColumn("id", "uuid", "users", "id"),))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_said_of_null_where_the_database_counts_other_columns(dialect: Dialect) -> None:
    text = "SELECT id FROM users"
    assert read(text, dialect, TABLES, ONE).nulls == (False,)
    assert read(text, dialect, TABLES, replace(ONE, columns=ONE.columns * 2)).nulls is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_nothing_is_said_of_what_the_database_refused(dialect: Dialect) -> None:
    text = "SELECT id FROM users WHERE id = :id"
    assert read(text, dialect, TABLES, ONE).column_uses
    assert not read(text, dialect, TABLES, replace(ONE, refusal=PrepareError("no such table"))).column_uses


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_second_statement_is_not_read_past(dialect: Dialect) -> None:
    assert read("SELECT id FROM users; SELECT 1", dialect, TABLES, ONE).nulls is None


# Words at which a parser could take a parameter for something else.
KEYWORDS = "on where select using when then distinct having inner join like returning union values between all as from"


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("name", KEYWORDS.split())
def test_a_parameter_may_be_called_like_a_keyword(dialect: Dialect, name: str) -> None:
    (met,) = read(f"SELECT id FROM users WHERE id = :{name} AND TRUE", dialect, TABLES, ONE).column_uses
    assert (met.column, met.parameter) == ("id", name)


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("postgresql", "SELECT id FROM aside.users WHERE id = 'x'"),
        ("postgresql", "UPDATE aside.users SET id = 'x' WHERE TRUE"),
        ("postgresql", "UPDATE users SET address.id = 'x' WHERE TRUE"),
        ("postgresql", "INSERT INTO aside.users (id) VALUES ('x')"),
        ("postgresql", "INSERT INTO users (name, id) SELECT v.*, 'x' FROM v"),
        ("sqlite", "INSERT INTO users (name, id) SELECT v.*, 'x' FROM v"),
        ("sqlite", "SELECT (SELECT 1 FROM w JOIN (t AS users JOIN w AS v ON users.id = 'x') ON TRUE) FROM users"),
    ],
)
def test_what_is_of_another_table_is_not_taken_for_one_of_this(dialect: Dialect, text: str) -> None:
    info = read(text, dialect, TABLES, StatementInfo())
    assert (info.column_uses, info.missing_columns) == ((), ())


def test_the_first_schema_of_sqlite_is_its_own() -> None:
    (met,) = read("SELECT id FROM main.users WHERE id = 'x'", "sqlite", TABLES, ONE).column_uses
    assert (met.table, met.text) == ("users", "x")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", ["", "-- nothing", ";"])
def test_of_nothing_nothing_is_said(dialect: Dialect, text: str) -> None:
    assert read(text, dialect, TABLES, StatementInfo()).nulls is None
