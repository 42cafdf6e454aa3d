"""The index that a statement lacks, as PostgreSQL and SQLite accept it."""

import pytest

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.query_plans.index_advice import missing_indexes
from hangar_dal.sqlscan import Dialect

COLUMNS = {name: TableColumn(name, "int", nullable=True) for name in ("id", "points", "At Home", "at")}
TABLES = Tables({"games": COLUMNS, "shown": COLUMNS}, {"games": (("id",),)})


@pytest.mark.parametrize(
    ("dialect", "text", "columns"),
    [
        ("postgresql", "ORDER BY points DESC NULLS LAST, id LIMIT 1", "points DESC NULLS LAST, id"),
        ("postgresql", "ORDER BY points NULLS FIRST LIMIT 1", "points NULLS FIRST"),
        ("postgresql", "ORDER BY points DESC NULLS FIRST, id DESC NULLS FIRST LIMIT 1", "points, id"),
        ("postgresql", 'ORDER BY "At Home" DESC, id LIMIT 1', '"At Home" DESC, id'),
        ("sqlite", "ORDER BY points DESC NULLS LAST, id LIMIT 1", "points DESC, id"),
        ("sqlite", "WHERE date(at) = '2026-01-01'", "(DATE(at))"),
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
