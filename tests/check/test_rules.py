"""The table of rules, and how a finding reads."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from hangar_dal.check.rules.table import CHAPTERS
from hangar_dal.rules import Finding

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "hangar_dal"


def rules_in_code() -> Iterator[str]:
    """The id of each `Rule(...)` that a module of the package defines."""
    for module in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name("Rule"), args=[ast.Constant(str(id)), *_]):
                    yield id


def test_every_rule_is_in_the_table_once() -> None:
    assert sorted(rules_in_code()) == sorted(rule.id for rules in CHAPTERS.values() for rule in rules)


@pytest.mark.parametrize(
    ("query", "rule", "message", "fix", "sentence"),
    [
        ("items.it", "star", "is wrong", "correct it", "items.sql:3: items.it: is wrong; correct it"),
        ("items.it", "star", "is wrong", "", "items.sql:3: items.it: is wrong"),
        ("items.it", "block-missing", "items.it has no block", "", "items.sql:3: items.it has no block"),
        ("items.it", "block-undeclared", "it is declared nowhere", "", "items.sql:3: it is declared nowhere"),
        ("items.it", "star", "item is wrong", "", "items.sql:3: items.it: item is wrong"),
        ("items.it", "file-format", "is misspelt", "", "items.sql:3: is misspelt"),
        ("", "file-orphan", "no module declares it", "", "items.sql:3: no module declares it"),
    ],
)
def test_a_sentence_names_the_query_once(query: str, rule: str, message: str, fix: str, sentence: str) -> None:
    assert Finding("items.sql", 3, 1, "sqlite", query, rule, "error", message, fix).sentence == sentence


def test_findings_are_sorted_by_place_and_lines_as_numbers() -> None:
    places = [("b.sql", 1, 1), ("a.sql", 10, 1), ("a.sql", 9, 7), ("a.sql", 9, 2)]
    findings = sorted(Finding(*place, "", "", "star", "error", "") for place in places)
    assert [(found.path, found.line, found.column) for found in findings] == sorted(places)
