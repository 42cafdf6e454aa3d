"""What exporting, merging and erasing users do with invoices, and the plans of the statements."""

import json
from typing import Any

from hangar_dal import Database, User, accounts, builders, invoices, users
from tests.conftest import BACKENDS
from tests.helpers.billing import issued
from tests.helpers.domain_fixtures import Explain

SERVING = {
    "idx_invoices_customer",
    "idx_invoices_overdue",
    "idx_invoices_status",
    "idx_invoice_recipients_user",
}


async def test_an_export_has_the_invoices_of_a_user(database: Database, user: User) -> None:
    invoice = await issued(database, user)
    await issued(database, await users.create_user(database, builders.user()))
    async with accounts.export_user(database, user.id) as pieces:
        document: dict[str, list[dict[str, Any]]] = json.loads("".join([piece async for piece in pieces]))
    assert [each["id"] for each in document["invoices"]] == [str(invoice.id)]
    assert [each["amount"] for each in document["invoice_lines"]] == [1000]
    assert [each["name"] for each in document["invoice_recipients"]] == ["Ada Lovelace"]


async def test_a_merge_moves_invoices_with_their_recipients(database: Database, user: User) -> None:
    merged = await users.create_user(database, builders.user())
    invoice = await issued(database, merged)
    await accounts.merge_users(database, kept=user.id, merged=merged.id)
    document = await invoices.get_invoice_document(database, invoice.id)
    assert (document.customer_id, document.recipient_name) == (user.id, "Ada Lovelace")


async def test_an_erased_user_leaves_invoices_without_a_name(database: Database, user: User) -> None:
    invoice = await issued(database, user)
    await accounts.erase_user(database, user.id)
    document = await invoices.get_invoice_document(database, invoice.id)
    assert (document.customer_id, document.recipient_name, document.number) == (None, None, 1)


def test_each_index_serves_a_query_and_no_page_reads_a_whole_table(explained: Explain) -> None:
    found = explained("invoices")
    for dialect in BACKENDS:
        plans = [(each.query, each.plan) for each in found if each.dialect == dialect and each.plan]
        assert SERVING - {index for _, plan in plans for index in plan.indexes} == set()
        pages = {query for query, plan in plans if "invoices" in plan.whole and ".list_" in query}
        assert pages == set()
