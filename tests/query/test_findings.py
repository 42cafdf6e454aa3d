"""Each finding fires where a query is wrong, and stays silent where it is right: `findings.txt` holds both of each."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Shop


def _cases() -> dict[str, dict[str, str]]:
    """By title: `finding`, a pattern; `python` and `sql` that are wrong; what differs in the right ones."""
    found = {}
    for case in (Path(__file__).parent / "findings.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        head, *parts = case.split("\n--- ")
        title, finding = head.split("\n")
        found[title] = {"finding": finding, **dict(part.split("\n", 1) for part in parts)}
    return found


CASES = _cases()


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_finding_fires_where_a_query_is_wrong(case: dict[str, str], shop: "Shop") -> None:
    shop.query(case["python"], case["sql"])
    findings = shop.findings()
    assert findings
    assert all(re.search(case["finding"], found) for found in findings), findings


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_finding_stays_silent_where_a_query_is_right(case: dict[str, str], shop: "Shop") -> None:
    shop.query(case.get("right python", case["python"]), case.get("right sql", case["sql"]))
    assert shop.findings() == []
