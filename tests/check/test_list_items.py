"""Which column meets the items of a list that the caller gives, in each way to take them one by one."""

import pytest

from hangar_dal.check.model import TableColumn, Tables
from hangar_dal.check.sql.column_uses import column_uses
from hangar_dal.sqlscan import Dialect

TABLES = Tables(
    {
        "people": {name: TableColumn(name, kind, False) for name, kind in (("id", "int"), ("name", "text"))},
        "notes": {name: TableColumn(name, "text", False) for name in ("value", "text")},
    },
    {"people": (("id",),), "notes": ()},
)

CASES: list[tuple[Dialect, str, list[str]]] = [
    # Written
    ("sqlite", "INSERT INTO people (id, name) SELECT key, value FROM json_each(:names)", ["name :names"]),
    ("sqlite", "INSERT INTO people (name) SELECT e.value FROM json_each(:names) AS e", ["name :names"]),
    ("sqlite", "INSERT INTO people (name) SELECT e.type FROM json_each(:names) AS e", []),
    ("sqlite", "INSERT INTO people (name) SELECT e.value FROM json_each(:names, '$.all') AS e", []),
    ("sqlite", "INSERT INTO people (name) SELECT e.value FROM json_tree(:names) AS e", []),
    ("sqlite", "INSERT INTO people (name) SELECT e.value FROM json_each('[1]') AS e", []),
    ("sqlite", "INSERT INTO people (name) SELECT e.value FROM notes AS e", []),
    ("sqlite", "INSERT INTO people (name) SELECT CAST(value AS text) FROM json_each(:names)", []),
    ("sqlite", "INSERT INTO people (name) SELECT value FROM json_each(:names) CROSS JOIN people", ["name :names"]),
    ("sqlite", "INSERT INTO people (name) SELECT value FROM json_each(:names) CROSS JOIN unknown", ["name :names"]),
    ("sqlite", "INSERT INTO people (name) SELECT n.value FROM json_each(:names) AS n, unknown", ["name :names"]),
    ("sqlite", "INSERT INTO people (name) SELECT value FROM json_each(:a) AS a, json_each(:b) AS b", []),
    ("postgresql", "INSERT INTO people (name) SELECT n FROM unnest(:names) AS n", ["name :names"]),
    ("postgresql", "INSERT INTO people (name) SELECT n.name FROM unnest(:names) AS n (name)", ["name :names"]),
    (
        "postgresql",
        "INSERT INTO people (id, name) SELECT n.i, n.n FROM unnest(:ids, :names) AS n (i, n)",
        ["id :ids", "name :names"],
    ),
    ("postgresql", "INSERT INTO people (id) SELECT n.i FROM unnest(:names) WITH ORDINALITY AS n (n, i)", []),
    ("postgresql", "INSERT INTO people (name) SELECT n FROM unnest(CAST(:names AS text[])) AS n", []),
    ("postgresql", "INSERT INTO people (name) SELECT unnest FROM unnest(:names)", ["name :names"]),
    ("postgresql", "INSERT INTO people (name) SELECT unnest(:names)", ["name :names"]),
    ("postgresql", "INSERT INTO people (name) SELECT n.n FROM notes, LATERAL unnest(:names) AS n (n)", ["name :names"]),
    ("postgresql", "UPDATE people SET name = (SELECT n FROM unnest(:names) AS n LIMIT 1)", ["name :names"]),
    ("postgresql", "INSERT INTO people (name) SELECT r.name FROM json_to_recordset(:rows) AS r (name text)", []),
    # Passed on
    (
        "sqlite",
        "WITH n AS (SELECT value AS v FROM json_each(:names)) INSERT INTO people (name) SELECT v FROM n",
        ["name :names"],
    ),
    (
        "sqlite",
        "INSERT INTO people (name) SELECT v FROM (SELECT value AS v FROM json_each(:a) UNION SELECT :b) AS n",
        [],
    ),
    # Compared
    ("sqlite", "SELECT 1 FROM people WHERE name IN (SELECT value FROM json_each(:names))", ["name :names"]),
    ("sqlite", "SELECT 1 FROM people WHERE name NOT IN (SELECT value FROM json_each(:names))", ["name :names"]),
    ("sqlite", "SELECT 1 FROM people WHERE (id, name) IN (SELECT key, value FROM json_each(:names))", []),
    ("sqlite", "SELECT 1 FROM people INNER JOIN json_each(:names) AS e ON e.value = people.name", ["name :names"]),
    ("postgresql", "SELECT 1 FROM people WHERE name = ANY(:names)", ["name :names"]),
    ("postgresql", "SELECT 1 FROM people WHERE name = ANY((:names))", ["name :names"]),
    ("postgresql", "SELECT 1 FROM people WHERE name <> ALL(:names)", ["name :names"]),
    ("postgresql", "SELECT 1 FROM people WHERE name = ANY(CAST(:names AS text[]))", []),
    ("postgresql", "SELECT 1 FROM people WHERE name = upper(:name)", []),
    ("postgresql", "SELECT 1 FROM people WHERE name = shown(:name)", []),
    ("postgresql", "SELECT 1 FROM people WHERE name = :name", []),
]


@pytest.mark.parametrize(("dialect", "text", "expected"), CASES)
def test_a_column_meets_the_items_of_a_list(dialect: Dialect, text: str, expected: list[str]) -> None:
    found = [f"{met.column} :{met.parameter}" for met in column_uses(text, dialect, TABLES) if met.each_item]
    assert found == expected
