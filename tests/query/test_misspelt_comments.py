"""Comments that are nearly a condition or a directive are refused. Prose that begins with the same words is not."""

import re

import pytest

from hangar_dal.check.rules.table import RULES
from tests.query.test_sqlfile import block_of, read


@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("-- When x", "-- when x"),
        ("-- WHEN x", "-- when x"),
        ("--When x", "-- when x"),
        ("-- when: x", "-- when x"),
        ("--when:x", "-- when x"),
        ("-- when : x", "-- when x"),
        ("-- :when x", "-- when x"),
        ("-- when=x", "-- when x"),
        ("-- When X", "-- when x"),
        ("-- When: x = new, y", "-- when x = new, y"),
        ("-- WHEN x = Old", "-- when x = Old"),
        ("/* when x */", "-- when x"),
        ("-- prose -- When x", "-- when x"),
        ("--- When x", "-- when x"),
        ("-- when", "-- when argument` or `-- when argument = value"),
        ("--When", "-- when argument` or `-- when argument = value"),
        ("-- when:", "-- when argument` or `-- when argument = value"),
        ("-- when: x > 1", "-- when argument` or `-- when argument = value"),
    ],
)
@pytest.mark.parametrize("line", ["AS a  {}\n;", "--  AS a  {}\n;", "    {}\nAS a;", "AS a;  {}"])
def test_a_misspelt_condition_is_refused_with_what_to_write(comment: str, written: str, line: str) -> None:
    (found,) = read(f"-- name: it\nSELECT 1\n{line.format(comment)}\n").findings
    assert re.match(r"shop.sql:3: (misspelt condition|a `-- when` without a condition); ", found)
    assert found.endswith(f"; write `{written}`")


@pytest.mark.parametrize(
    "prose",
    [
        "-- When the user is gone, the row stays.",
        "-- When locked, nobody else waits",
        "-- WHEN x THEN 2",
        "-- When done.",
        "-- Whenever x",
        "-- whenever: x",
        "/* When the user is gone */",
        "-- the row is left out when x",
        "-- Scan the index first",
        "-- Ignore case: both spellings are equal",
        "-- not null, because the key is",
        "-- differs from the other one",
    ],
)
def test_prose_in_a_statement_is_no_condition(prose: str) -> None:
    block = block_of(f"SELECT 1  {prose}\n    {prose}\nAS a;")
    assert block.conditions == ()
    assert len(block.lines) == 3


@pytest.mark.parametrize(
    ("comment", "written"),
    [
        ("-- Differs: x", "-- differs: reason"),
        ("-- differs : x", "-- differs: reason"),
        ("-- differs = x", "-- differs: reason"),
        ("-- differs\uff1ax", "-- differs: reason"),
        ("--- differs: x", "-- differs: reason"),
        ("-- : differs x", "-- differs: reason"),
        ("/* differs: x */", "-- differs: reason"),
        ("-- SCAN: x", "-- scan: reason"),
        ("-- scans: x", "-- scan: reason"),
        ("-- Not null: a: x", "-- not null: column: reason"),
        ("-- not null : a: x", "-- not null: column: reason"),
        ("-- not null a: x", "-- not null: column: reason"),
        ("/* not null: a: x */", "-- not null: column: reason"),
        ("-- not_null: a: x", "-- not null: column: reason"),
        ("-- Ignore: star: x", "-- ignore: rule: reason"),
        ("-- ignored: star: x", "-- ignore: rule: reason"),
        ("-- ignore star: x", "-- ignore: rule: reason"),
        ("-- ignore row-unkeyed: x", "-- ignore: rule: reason"),
        ("-- ignore rule: star: x", "-- ignore: rule: reason"),
        ("-- ignore-rule: star: x", "-- ignore: rule: reason"),
    ],
)
def test_a_misspelt_directive_is_refused_with_what_to_write(comment: str, written: str) -> None:
    (found,) = read(f"-- name: a\n{comment}\nSELECT 1;").findings
    assert found == f"shop.sql:2: misspelt directive; write `{written}`"


def test_every_rule_is_known_in_a_directive_without_its_colon() -> None:
    for rule in RULES:
        (found,) = read(f"-- name: a\n-- ignore {rule}: x\nSELECT 1;").findings
        assert "write `-- ignore: rule: reason`" in found
