"""The page about webhook events: its code runs, and its functions, rules, tests and tables exist."""

import asyncio

import pytest

from hangar_dal import COMMERCE, Database, builders, payments, sealing, webhook_events
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.commerce import catalog as catalog

PAGE = ROOT / "docs" / "webhook_events.md"
TEXT = PAGE.read_text(encoding="utf-8")
PIECES = (
    r"insert_\w+|claim_due_events|list_claimed_events|finish_events|retry_event|give_up_claimed_event|extend_lease"
    r"|delete_\w+"
)


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    payment = await payments.create_payment(database, builders.payment())
    event, batch = await run_code(PAGE, {"payment": payment, "stop": asyncio.Event()}, ("event", "batch"))
    assert [each.id for each in batch] == [event.id]
    assert (await webhook_events.get_event(database, event.id)).status == "PROCESSED"
    assert (await payments.get_payment(database, payment.id)).status == "FAILED"


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, webhook_events) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMERCE) == []
