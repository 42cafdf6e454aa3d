"""What a finding is called, where it is explained, and how it reads."""

import ast
import re
from pathlib import Path

import pytest

from hangar_dal.contract.rules import RULES
from hangar_dal.rules import Finding

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "hangar_dal"
# A word alone may be anything; these are rules.
WORDS = {"clock", "scan", "signature", "star"}


def rules_in_code() -> set[str]:
    """The rules of the table, and each text in kebab-case: the rules that are not in the table yet."""
    modules = [
        PACKAGE / "rules.py",
        PACKAGE / "sqlfile.py",
        *PACKAGE.glob("query/*.py"),
        *PACKAGE.glob("contract/*.py"),
    ]
    texts = {
        node.value
        for module in modules
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return {text for text in texts if re.fullmatch(r"[a-z]+(-[a-z]+)+", text)} | (texts & WORDS) | RULES.keys()


def test_every_rule_is_explained_by_its_name_and_no_other_is() -> None:
    explained = re.findall(r"^### ([a-z-]+)$", (ROOT / "docs" / "check.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(explained) == len(set(explained))
    assert rules_in_code() == set(explained)


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
