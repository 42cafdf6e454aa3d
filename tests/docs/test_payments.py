"""The page about payments: its code runs, and its functions, rules, tests and tables exist."""

import re

import pytest

from hangar_dal import COMMERCE, Database, builders, payment_methods, payments, sealing, users
from hangar_dal.commerce import charging
from hangar_dal.commerce.user_tables import USER_TABLES
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.commerce import catalog as catalog

PAGE = ROOT / "docs" / "payments.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = r"insert_\w+|set_authorized|move_payments|move_payment_method|drop_second_default"


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    user = await users.insert_user(database, builders.user(), hashed_password="!")
    payment, [revenue] = await run_code(PAGE, {"user": user}, ("payment", "revenue"))
    assert (payment.status, payment.captured, payment.refunded) == ("PARTIALLY_REFUNDED", 4000, 1000)
    assert revenue.net == 3000


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, payment_methods, payments, charging) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMERCE) == []


def test_the_page_says_what_happens_to_each_table() -> None:
    last = TEXT.partition("## What happens with users")[2]
    assert {each for each in USER_TABLES if "payment" in each} <= set(re.findall(r"`(\w+)`", last))
