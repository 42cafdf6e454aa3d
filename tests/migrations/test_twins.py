"""Twins whose rules, defaults and indexes hold other values are found; those that say the same otherwise are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hangar_dal.rules import Finding

Add = Callable[..., None]
Twins = Callable[[str, str], tuple[Finding, ...]]

APART = {
    "a bound": (
        "length(b) BETWEEN 1 AND 100",
        "length(b) <= 99 AND length(b) >= 1",
        "1, 100 in SQLite, 1, 99 in PostgreSQL",
    ),
    "a sign": ("n > -1", "n > 1", "-1 in SQLite, 1 in PostgreSQL"),
    "a text": ("b <> 'x' OR n IS NULL", "n IS NULL OR b <> 'X'", "'x' in SQLite, 'X' in PostgreSQL"),
    "another column": ("b <> '' OR n > 1", "b <> '' OR b > '1'", "b, n in SQLite, b in PostgreSQL"),
    "one value of several": ("b IN ('x', 'y')", "b IN ('y', 'z')", "'x', 'y' in SQLite, 'y', 'z' in PostgreSQL"),
}
LIKE = {
    "in other words": ("length(b) BETWEEN 1 AND 100", "char_length(b) <= 100 AND 1.0 <= char_length(b)"),
    "in another order": ("b IN ('x', 'y')", "b = 'y' OR b = 'x'"),
    "with casts": ("n > -1", "n > CAST(-1 AS smallint) AND n > '-1'::numeric(10, 3)"),
    "by a pattern": ("length(b) <= 7 AND b NOT GLOB '*[^a-z]*'", "b ~ '^[a-z]{0,7}$'"),
    "of an instant": ("b > '2020-01-01T00:00:00.000000Z'", "b::timestamptz > '2020-01-01'"),
}


@pytest.fixture
def twins(findings: Callable[[], tuple[Finding, ...]], folder: Path, add_migration: Add) -> Twins:
    """What is found where a migration makes the table `a` so on one database, and so on the other."""

    def made(sqlite: str, postgresql: str) -> tuple[Finding, ...]:
        add_migration(folder, "0001_values", sqlite=sqlite, postgresql=postgresql, rollback="DROP TABLE a;")
        return findings()

    return made


@pytest.mark.parametrize(("sqlite", "postgresql", "values"), APART.values(), ids=APART)
def test_a_rule_with_other_values_in_one_twin_is_found(twins: Twins, sqlite: str, postgresql: str, values: str) -> None:
    (found,) = twins(_checked(sqlite, "integer"), _checked(postgresql, "bigint"))
    assert (found.query, found.rule) == ("0001_values", "schemas-differ")
    assert found.message.startswith(f"constraint c is not the same in SQLite and PostgreSQL: {values} (")


@pytest.mark.parametrize(("sqlite", "postgresql"), LIKE.values(), ids=LIKE)
def test_a_rule_that_one_twin_writes_otherwise_is_not_suspected(twins: Twins, sqlite: str, postgresql: str) -> None:
    assert twins(_checked(sqlite, "integer"), _checked(postgresql, "bigint")) == ()


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "is_found"),
    [
        ("text DEFAULT 'x'", "text DEFAULT 'y'", True),
        ("text DEFAULT 'it''s'", "text DEFAULT 'it''s'", False),
        ("text DEFAULT (lower('X'))", "text DEFAULT upper('x')", False),
        ("integer DEFAULT (-1)", "bigint DEFAULT -1", False),
        ("integer DEFAULT -1", "bigint DEFAULT 1", True),
        ("integer DEFAULT FALSE", "boolean DEFAULT FALSE", False),
        ("integer DEFAULT 0", "boolean DEFAULT TRUE", True),
        ("text DEFAULT '{\"a\":1}'", "jsonb DEFAULT '{\"a\": 1}'", False),
        ("text DEFAULT '{}'", "jsonb DEFAULT '{\"a\": 1}'", True),
        ("text DEFAULT '[]'", "text[] DEFAULT '{}'", False),
        ("text DEFAULT '2020-01-01'", "date DEFAULT '2020-01-01'", False),
    ],
)
def test_a_default_of_another_value_in_one_twin_is_found(
    twins: Twins, sqlite: str, postgresql: str, is_found: bool
) -> None:
    found = twins(f"CREATE TABLE a (b {sqlite});", f"CREATE TABLE a (b {postgresql});")
    assert [one.rule for one in found] == ["schemas-differ"] * is_found


@pytest.mark.parametrize(
    ("sqlite", "postgresql", "is_found"),
    [
        ("UNIQUE INDEX i ON a (b) WHERE c = 'x'", "UNIQUE INDEX i ON a (b)", True),
        ("UNIQUE INDEX i ON a (b) WHERE c = 'x'", "UNIQUE INDEX i ON a (b) WHERE c = 'y'", True),
        ("UNIQUE INDEX i ON a (b) WHERE c = 'x'", "UNIQUE INDEX i ON a (b) WHERE (c = 'x'::text)", False),
        ("INDEX i ON a (b) WHERE c = 'x'", "INDEX i ON a (b)", False),
        ("UNIQUE INDEX i ON a (b) WHERE c IS NULL", "UNIQUE INDEX i ON a (b) WHERE d IS NULL", True),
        ("UNIQUE INDEX i ON a (b) WHERE d IS NULL", "UNIQUE INDEX i ON a (b) WHERE (d IS NULL)", False),
    ],
)
def test_an_index_of_other_rows_in_one_twin_is_found(
    twins: Twins, sqlite: str, postgresql: str, is_found: bool
) -> None:
    table = "CREATE TABLE a (b text, c text, d {}); CREATE {};"
    found = twins(table.format("text", sqlite), table.format("timestamptz", postgresql))
    assert [one.rule for one in found] == ["schemas-differ"] * is_found


def _checked(rule: str, number: str) -> str:
    return f"CREATE TABLE a (b text, n {number}, CONSTRAINT c CHECK ({rule}));"
