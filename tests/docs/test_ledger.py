"""The page about the ledger: its code runs, and its functions, rules, tests and tables exist."""

import re

import pytest

from hangar_dal import COMMERCE, Database, builders, ledger, sealing, users
from hangar_dal.commerce.user_tables import USER_TABLES
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.commerce import catalog as catalog

PAGE = ROOT / "docs" / "ledger.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = r"insert_\w+|move_\w+"


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    user = await users.insert_user(database, builders.user(), hashed_password="!")
    balance, held = await run_code(PAGE, {"user": user}, ("balance", "held"))
    assert held.amount == 3000
    assert (balance.posted, balance.held, balance.available) == (3001, 0, 3001)


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, ledger) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMERCE) == []


def test_the_page_says_what_happens_to_each_table() -> None:
    last = TEXT.partition("## What happens with users")[2]
    tables = {table for table in USER_TABLES if table.startswith("ledger_")}
    assert tables <= set(re.findall(r"`(\w+)`", last))
