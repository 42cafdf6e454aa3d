"""The page about advertising: its code runs, and its functions, rules, tests and tables exist."""

import re

import pytest

from hangar_dal import COMMERCE, Database, ad_reports, ad_serving, campaigns, sealing
from hangar_dal.commerce import advertising
from hangar_dal.commerce.user_tables import USER_TABLES
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.advertising import person
from tests.helpers.commerce import account
from tests.helpers.commerce import catalog as catalog

PAGE = ROOT / "docs" / "ads.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = r"insert_\w+|move_\w+"
TABLES = {table for table in USER_TABLES if re.match(r"campaign|creative|ad_", table)}


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    given = {
        "user": await person(database),
        "wallet": await account(database, 50),
        "revenue": await account(database),
    }
    made = ("campaign", "creative", "budget", "report", "paid")
    campaign, creative, budget, report, paid = await run_code(PAGE, given, made)
    assert (campaign.status, creative.status) == ("ACTIVE", "APPROVED")
    assert (budget.reserved, budget.spent) == (0, 10)
    assert (report.impressions, report.clicks, report.spent) == (1, 1, 10)
    assert paid.amount == 10


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, campaigns, ad_serving, ad_reports, advertising) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMERCE) == []


def test_the_page_says_what_happens_to_each_table() -> None:
    last = TEXT.partition("## What happens with users")[2]
    listed = "".join(re.findall(r"^\| (`[^|]+)\|", last, re.MULTILINE))
    assert set(re.findall(r"`(\w+)`", listed)) == TABLES
