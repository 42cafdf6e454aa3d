"""The page about idempotency keys: its code runs, and its functions, rules, tests and tables exist."""

import pytest

from hangar_dal import COMMERCE, Database, builders, idempotency_keys, sealing, users
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.commerce import catalog as catalog

PAGE = ROOT / "docs" / "idempotency_keys.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = r"insert_\w+|move_keys|take_over_key|finish_key|delete_\w+"


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    user = await users.insert_user(database, builders.user(), hashed_password="!")
    first, again = await run_code(PAGE, {"user": user}, ("first", "again"))
    assert first == again
    assert first.status == 201


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, idempotency_keys) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMERCE) == []
