"""The columns that triggers of SQLite change after RETURNING."""

import sqlite3
from contextlib import closing

import pytest

from hangar_dal.check.databases.keys import with_keys
from hangar_dal.check.model import LaterWrite, TableColumn, Tables
from hangar_dal.check.rules.later_values import later_values
from hangar_dal.check.rules.remarks import notices
from hangar_dal.migrations import schema_sqlite

TABLES = """
CREATE TABLE notes (id integer PRIMARY KEY, body text, changed text, "order" text, size integer);
CREATE TABLE log (id integer PRIMARY KEY, body text);
"""
TRIGGERS = {
    "AFTER INSERT ON notes BEGIN UPDATE notes SET changed = 'now' WHERE id = new.id; END": [
        LaterWrite("insert", (), ("changed",))
    ],
    "AFTER UPDATE OF body, size ON notes BEGIN UPDATE notes SET changed = 1, size = max(size, 2); END": [
        LaterWrite("update", ("body", "size"), ("changed", "size"))
    ],
    """AFTER UPDATE ON "notes" WHEN new."order" IS old."order" BEGIN
        UPDATE OR IGNORE "notes" SET ("order", size) = ('a', 1) WHERE (new.id = id); END""": [
        LaterWrite("update", (), ("order", "size"), "order")
    ],
    "AFTER INSERT ON notes BEGIN INSERT INTO log (body) VALUES (new.body); UPDATE notes SET size = 1; END": [
        LaterWrite("insert", (), ("size",))
    ],
    "AFTER INSERT ON notes BEGIN UPDATE log SET body = new.body; END": [],
    "AFTER INSERT ON notes WHEN new.size > 1 BEGIN UPDATE notes SET size = 1 WHERE id = new.id; END": [],
    "AFTER UPDATE ON notes BEGIN UPDATE notes SET size = 1 WHERE size = 2 AND id > new.id; END": [],
    "AFTER DELETE ON notes BEGIN UPDATE notes SET size = 1; END": [],
    "BEFORE UPDATE ON notes BEGIN UPDATE notes SET size = 1; END": [],
}


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_columns_that_a_trigger_changes_afterwards_are_known(trigger: str) -> None:
    assert list(described(f"CREATE TRIGGER t {trigger}").later.get("notes", ())) == TRIGGERS[trigger]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE notes SET body = 'x' WHERE id = 1 RETURNING changed", True),
        ("UPDATE notes SET body = 'x' WHERE id = 1 RETURNING upper(changed)", True),
        ("UPDATE notes SET body = 'x' WHERE id = 1 RETURNING *", True),
        (
            "INSERT INTO notes (id, body) VALUES (1, 'x') ON CONFLICT DO UPDATE SET body = 'y' RETURNING changed",
            True,
        ),
        ("INSERT INTO notes (id, body) VALUES (1, 'x') ON CONFLICT (id) DO NOTHING RETURNING changed", False),
        ("INSERT INTO notes (id, body) VALUES (2, 'x') RETURNING changed", False),
        ("UPDATE notes SET body = 'x' WHERE id = 1 RETURNING body", False),
        ("UPDATE notes SET size = 3 WHERE id = 1 RETURNING changed", False),
        ("DELETE FROM notes WHERE id = 1 RETURNING changed", False),
    ],
)
def test_returning_a_value_from_before_is_found_where_sqlite_returns_one(statement: str, *, found: bool) -> None:
    trigger = (
        "CREATE TRIGGER t AFTER UPDATE OF body ON notes BEGIN UPDATE notes SET changed = 'new' WHERE id = new.id; END"
    )
    assert bool(notices(statement, "sqlite", described(trigger), [later_values])) is found

    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        connection.execute("INSERT INTO notes (id, changed) VALUES (1, 'old')")
        connection.execute(trigger)
        returned = connection.execute(statement).fetchall()
        stored = [changed for (changed,) in connection.execute("SELECT changed FROM notes")]
    is_early = any("new" in stored and "old" in str(row).lower() for row in returned)
    assert is_early is found


def described(trigger: str) -> Tables:
    """The tables with one trigger, as a check knows them."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(TABLES)
        connection.execute(trigger)
        schema = schema_sqlite.read_schema(connection)
    columns = {
        table.name: {each.name: TableColumn(each.name, "text", nullable=True) for each in table.columns}
        for table in schema.tables
    }
    return with_keys(Tables(columns), schema)
