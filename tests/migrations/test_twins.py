"""Twins whose rules, defaults and indexes hold other values are found; those that say the same otherwise are not."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hangar_dal.migrations.schema import Column, Index, Schema, Table
from hangar_dal.migrations.twin_objects import Key, objects_of
from hangar_dal.rules import Finding

Add = Callable[..., None]
Twins = Callable[..., list[list[Finding]]]

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


# On SQLite, on PostgreSQL, and whether the values differ.
DEFAULTS = (
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
)
INDEXES = (
    ("UNIQUE INDEX i@ ON a@ (b) WHERE c = 'x'", "UNIQUE INDEX i@ ON a@ (b)", True),
    ("UNIQUE INDEX i@ ON a@ (b) WHERE c = 'x'", "UNIQUE INDEX i@ ON a@ (b) WHERE c = 'y'", True),
    ("UNIQUE INDEX i@ ON a@ (b) WHERE c = 'x'", "UNIQUE INDEX i@ ON a@ (b) WHERE (c = 'x'::text)", False),
    ("INDEX i@ ON a@ (b) WHERE c = 'x'", "INDEX i@ ON a@ (b)", False),
    ("UNIQUE INDEX i@ ON a@ (b) WHERE c IS NULL", "UNIQUE INDEX i@ ON a@ (b) WHERE d IS NULL", True),
    ("UNIQUE INDEX i@ ON a@ (b) WHERE d IS NULL", "UNIQUE INDEX i@ ON a@ (b) WHERE (d IS NULL)", False),
)


@pytest.fixture
def twins(findings: Callable[[], tuple[Finding, ...]], folder: Path, add_migration: Add) -> Twins:
    """What is found in each of these: statements on SQLite, and on PostgreSQL, in which `@` is a number of their own.

    Each is a migration, so that one pair of databases shows all.
    """

    def made(*pairs: tuple[str, str]) -> list[list[Finding]]:
        names = [f"{number:04}_values" for number in range(len(pairs))]
        for number, (name, pair) in enumerate(zip(names, pairs, strict=True)):
            sqlite, postgresql, undo = (each.replace("@", str(number)) for each in (*pair, "DROP TABLE a@;"))
            add_migration(folder, name, sqlite=sqlite, postgresql=postgresql, rollback=undo)
        found = findings()
        assert {one.query for one in found} <= set(names)
        return [[one for one in found if one.query == name] for name in names]

    return made


def test_a_rule_with_other_values_in_one_twin_is_found(twins: Twins) -> None:
    pairs = [(_checked(sqlite, "integer"), _checked(postgresql, "bigint")) for sqlite, postgresql, _ in APART.values()]
    for number, (found, (kind, (_, _, values))) in enumerate(zip(twins(*pairs), APART.items(), strict=True)):
        assert [one.rule for one in found] == ["schemas-differ"], kind
        start = f"constraint c{number} is not the same in SQLite and PostgreSQL: {values} ("
        assert found[0].message.startswith(start), kind


def test_a_rule_that_one_twin_writes_otherwise_is_not_suspected(twins: Twins) -> None:
    pairs = [(_checked(sqlite, "integer"), _checked(postgresql, "bigint")) for sqlite, postgresql in LIKE.values()]
    assert dict(zip(LIKE, twins(*pairs), strict=True)) == {kind: [] for kind in LIKE}


def test_a_default_of_another_value_in_one_twin_is_found(twins: Twins) -> None:
    tables = "CREATE TABLE a@ (b {});"
    pairs = [(tables.format(sqlite), tables.format(postgresql)) for sqlite, postgresql, _ in DEFAULTS]
    for found, case in zip(twins(*pairs), DEFAULTS, strict=True):
        assert [one.rule for one in found] == ["schemas-differ"] * case[2], case


def test_an_index_of_other_rows_in_one_twin_is_found(twins: Twins) -> None:
    table = "CREATE TABLE a@ (b text, c text, d {}); CREATE {};"
    pairs = [
        (table.format("text", sqlite), table.format("timestamptz", postgresql)) for sqlite, postgresql, _ in INDEXES
    ]
    for found, case in zip(twins(*pairs), INDEXES, strict=True):
        assert [one.rule for one in found] == ["schemas-differ"] * case[2], case


def test_names_that_need_quotes_are_the_same_in_both_twins(twins: Twins) -> None:
    table = """
        CREATE TABLE a@ (
            "group" text, "where" text, "Kind" text, "order" text PRIMARY KEY,
            CONSTRAINT "U@" UNIQUE ("group", "Kind"), CONSTRAINT f@ FOREIGN KEY ("where") REFERENCES a@ ("order")
        );
        CREATE INDEX i@ ON a@ ("where" DESC, "Kind");
    """
    assert twins((table, table)) == [[]]


def test_a_cast_or_a_collation_within_a_rule_belongs_to_the_rule(twins: Twins) -> None:
    table = """
        CREATE TABLE a@ (
            b text DEFAULT {},
            c text CONSTRAINT c@ CHECK (CAST(length(c) AS integer) > 0),
            d text CONSTRAINT d@ CHECK ({})
        );
    """
    pair = (table.format("(CAST('x' AS text))", "d COLLATE BINARY <> ''"), table.format("'x'", "d <> ''"))
    assert twins(pair) == [[]]


def test_an_index_in_which_null_equals_null_is_another_one() -> None:
    """PostgreSQL 15 added NULLS NOT DISTINCT."""
    column, plain = Column("a", "text", nullable=True, default=None, generated=None), Index("i", ("a",), True, "text")
    indexes = (plain, replace(plain, nulls_not_distinct=True))
    schemas = [Schema((Table("t", (column,), (), (), (), (), (index,), order=("a",)),), ()) for index in indexes]
    some, others = (objects_of(schema, "postgresql")[Key("index", "", "i")].alike for schema in schemas)
    assert (some, others) == ("unique on t (a)", "unique on t (a) nulls not distinct")


def _checked(rule: str, number: str) -> str:
    return f"CREATE TABLE a@ (b text, n {number}, CONSTRAINT c@ CHECK ({rule}));"


# On SQLite, on PostgreSQL, and whether they are a pair.
TYPES = (
    ("integer", "numeric(18, 2)", True),
    ("integer", "numeric(5, 0)", True),
    ("integer", "numeric(19, 2)", False),
    ("integer", "numeric", False),
    ("text", "numeric(18, 2)", False),
    ("integer", "interval", True),
    ("text", "interval", False),
    ("text", "time", True),
    ("text", "time(0)", False),
    ("integer", "smallint", True),
    ("integer", "integer", True),
    ("text", "varchar(5)", True),
    ("text", "char(5)", False),
    ("text", "json", True),
    ("text", "bigint[]", True),
    ("text", "numeric(18, 2)[]", True),
)


def test_types_that_hold_the_same_values_are_a_pair(twins: Twins) -> None:
    table = "CREATE TABLE a@ (b {} NOT NULL);"
    pairs = [(table.format(sqlite), table.format(postgresql)) for sqlite, postgresql, _ in TYPES]
    for found, case in zip(twins(*pairs), TYPES, strict=True):
        assert [one.rule for one in found] == ["schemas-differ"] * (not case[2]), case
