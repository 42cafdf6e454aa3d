"""The page about the outbox: its code runs, and its tables name what exists."""

import asyncio
import os
import signal
from textwrap import indent
from types import SimpleNamespace
from typing import Any

import pytest

from hangar_dal import OUTBOX, Catalog, Database, outbox, uuid7
from hangar_dal.outbox import MessageStatus
from tests.docs.documents import ROOT, blocks
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist

PAGE = ROOT / "docs" / "outbox.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of `put`, `claim`, `done`, `fail`, `extend` and `purge_messages`.
PIECES = (
    r"insert_\w+|claim_due_messages|list_claimed_messages|finish_messages|retry_message|bury_claimed_message"
    r"|extend_lease|delete_finished_messages"
)


class MailError(Exception):
    pass


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return OUTBOX


async def run(code: str, **given: Any) -> None:
    names: dict[str, Any] = {}
    exec(f"async def page({', '.join(given)}):\n{indent(code, '    ')}", names)
    await names["page"](**given)


async def test_the_code_of_the_page_runs(database: Database) -> None:
    """A transaction leaves two messages; the worker sends one mail, fails with the other, and stops on SIGTERM."""
    putting, working, *_ = [each.text for each in blocks(PAGE) if each.language == "python"]
    stored, sent = [], []

    async def insert_order(_: object, order: object) -> None:
        stored.append(order)

    async def send_mail(payload: dict[str, Any], *, idempotency_key: str) -> None:
        sent.append(idempotency_key)
        if len(sent) == 2:
            os.kill(os.getpid(), signal.SIGTERM)
            raise MailError

    placed = [SimpleNamespace(id=uuid7()) for _ in range(2)]
    for order in placed:
        await run(putting, db=database, orders=SimpleNamespace(insert_order=insert_order), order=order)
    given = {"asyncio": asyncio, "signal": signal, "outbox": outbox, "send_mail": send_mail, "MailError": MailError}
    try:
        await run(working, db=database, **given)
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)
    assert stored == placed
    keys = [f"confirm-{order.id}" for order in placed]
    assert sent == keys
    found = [await outbox.find_message(database, "mail", dedup_key=key) for key in keys]
    assert [(each.status, each.last_error) for each in found if each] == [
        (MessageStatus.DONE, None),
        (MessageStatus.PENDING, "MailError"),
    ]


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, outbox) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, OUTBOX) == []
