"""The page about all domains: its lists are those of the single pages, and what it names exists."""

import re

import pytest

from tests.docs.documents import ROOT
from tests.docs.domain_lists import DOCS, PAGE, PAGES, RULES, errors_of, rows_of, written

DIALECTS = ("sqlite", "postgresql")
TEXT = PAGE.read_text(encoding="utf-8")


def test_the_lists_are_those_of_the_pages_of_the_domains() -> None:
    """If not: `python tests/docs/domain_lists.py`."""
    assert written(TEXT) == TEXT


def test_no_page_with_rules_is_left_out() -> None:
    assert {path.stem for path in DOCS.glob("*.md") if f"\n{RULES}\n" in path.read_text(encoding="utf-8")} == set(PAGES)


def test_each_rule_has_an_answer_on_one_database_at_least() -> None:
    known = {name for dialect in DIALECTS for name in errors_of(dialect)}
    named = {name for page in PAGES for _, names, _ in rows_of(page, RULES) for name in re.findall(r"`(\w+)`", names)}
    assert named - known == set()


def test_each_test_of_the_page_exists() -> None:
    named = set(re.findall(r"`(test_\w+)`", TEXT))
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    assert sorted(name for name in named if f"def {name}(" not in code) == []


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("ledger_transfers_amount_check", "CheckViolation"),
        ("ledger_accounts_code_key", "UniqueViolation"),
        ("idx_outbox_one_claimed", "UniqueViolation"),
        ("ledger_transfers_pending_id_fkey", "ForeignKeyViolation"),
        ("ledger_transfers_unchanged", "TriggerViolation"),
        ("nothing", None),
    ],
)
def test_an_error_is_that_of_the_kind_of_the_rule(name: str, error: str | None) -> None:
    assert [errors_of(dialect).get(name) for dialect in DIALECTS] == [error, error]
