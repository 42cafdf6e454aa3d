"""Invoices are drafted, issued under numbers without gaps, and paid, void or given up."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, User, builders, invoices, payments, users, uuid7
from hangar_dal.errors import ForeignKeyViolation, NotFound, TriggerViolation, UniqueViolation
from hangar_dal.invoices import InvoiceStatus, NewInvoiceLine
from tests.helpers.billing import day, drafted, issued, subscribed
from tests.helpers.clock import Clock


async def test_an_invoice_is_drafted_once(database: Database, user: User) -> None:
    new = builders.invoice(user, metadata={"order": 7})
    draft = await invoices.create_invoice(database, new)
    assert (draft.status, draft.number, draft.net, draft.tax, draft.total) == ("DRAFT", None, 1000, 190, 1190)
    assert await invoices.create_invoice(database, new) == draft
    document = await invoices.get_invoice_document(database, draft.id)
    assert [line.description for line in document.lines] == ["A month of films"]
    assert (document.recipient_name, document.recipient_tax_number) == ("Ada Lovelace", None)
    for other in ({"seller": "x"}, {"currency": "USD"}):
        with pytest.raises(UniqueViolation):
            await invoices.create_invoice(database, new.model_copy(update=other))


@pytest.mark.parametrize(
    ("unit_amount", "quantity", "tax_rate", "tax"),
    [(1000, 1, 1900, 190), (3, 1, 1900, 1), (5, 1, 1000, 1), (-5, 1, 1000, -1), (-3, 1, 1000, 0), (333, 3, 700, 70)],
)
async def test_the_tax_of_a_line_is_rounded_to_the_nearest_unit_halves_away_from_zero(
    database: Database, user: User, unit_amount: int, quantity: int, tax_rate: int, tax: int
) -> None:
    line = builders.invoice_line(unit_amount=unit_amount, quantity=quantity, tax_rate=tax_rate)
    draft = await drafted(database, user, lines=[line])
    assert (draft.net, draft.tax) == (unit_amount * quantity, tax)


async def test_the_lines_of_a_draft_are_replaced(database: Database, user: User) -> None:
    draft = await drafted(database, user, lines=[])
    assert (draft.total, (await invoices.get_invoice_document(database, draft.id)).lines) == (0, [])
    lines = [builders.invoice_line(unit_amount=unit) for unit in (100, -50, 7)]
    assert (await invoices.replace_lines(database, draft.id, lines)).net == 57
    assert (await invoices.replace_lines(database, draft.id, lines[:1])).total == 119
    document = await invoices.get_invoice_document(database, draft.id)
    assert [(line.position, line.amount) for line in document.lines] == [(1, 100)]


async def test_numbers_are_counted_for_each_seller_and_year(database: Database, clock: Clock, user: User) -> None:
    for number in (1, 2):
        invoice = await issued(database, user)
        assert (invoice.status, invoice.year, invoice.number) == ("OPEN", 2030, number)
        assert (invoice.issued_at, invoice.due_at) == (database.now(), database.now() + timedelta(days=14))
    assert (await issued(database, user, seller="other")).number == 1
    clock.now = day(1, 1, year=2031)
    assert (await issued(database, user)).number == 1
    assert await invoices.find_invoice_by_number(database, seller="shop", year=2030, number=2) == invoice
    assert await invoices.find_invoice_by_number(database, seller="shop", year=2030, number=3) is None


async def test_issuing_again_changes_nothing(database: Database, clock: Clock, user: User) -> None:
    invoice = await issued(database, user)
    clock.advance(timedelta(hours=1))
    assert await invoices.issue_invoice(database, invoice.id, due_at=database.now()) == invoice
    assert (await issued(database, user)).number == 2


async def test_a_rollback_leaves_no_gap(database: Database, user: User) -> None:
    draft = await drafted(database, user)
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            assert (await invoices.issue_invoice(tx, draft.id, due_at=database.now())).number == 1
            raise ZeroDivisionError
    assert (await invoices.get_invoice(database, draft.id)).number is None
    assert (await issued(database, user)).number == 1


async def test_an_issued_invoice_keeps_its_lines_and_is_not_deleted(database: Database, user: User) -> None:
    invoice = await issued(database, user)
    for call in (
        invoices.replace_lines(database, invoice.id, [builders.invoice_line()]),
        invoices.delete_draft(database, invoice.id),
    ):
        with pytest.raises(TriggerViolation):
            await call
    draft = await drafted(database, user)
    assert await invoices.delete_draft(database, draft.id) == 1
    assert await invoices.delete_draft(database, draft.id) == 0


async def test_an_invoice_below_zero_is_not_issued(database: Database, user: User) -> None:
    draft = await drafted(database, user, lines=[builders.invoice_line(unit_amount=-1)])
    with pytest.raises(Exception, match="invoices_total_check"):
        await invoices.issue_invoice(database, draft.id, due_at=database.now())


async def test_an_invoice_is_paid_once(database: Database, clock: Clock, user: User) -> None:
    first, second = await issued(database, user), await issued(database, user)
    payment = await payments.create_payment(database, builders.payment(user))
    paid = await invoices.pay_invoice(database, first.id, payment_id=payment.id)
    assert (paid.status, paid.payment_id, paid.closed_at) == ("PAID", payment.id, database.now())
    clock.advance(timedelta(hours=1))
    assert await invoices.pay_invoice(database, first.id, payment_id=payment.id) == paid
    for invoice_id, payment_id in ((first.id, None), (first.id, uuid7()), (second.id, payment.id)):
        with pytest.raises(UniqueViolation):
            await invoices.pay_invoice(database, invoice_id, payment_id=payment_id)
    with pytest.raises(ForeignKeyViolation):
        await invoices.pay_invoice(database, second.id, payment_id=uuid7())
    assert (await invoices.pay_invoice(database, second.id)).payment_id is None


async def test_an_invoice_is_given_up_and_paid_after_all(database: Database, clock: Clock, user: User) -> None:
    invoice = await issued(database, user)
    given_up = await invoices.give_up_invoice(database, invoice.id)
    assert (given_up.status, given_up.closed_at) == ("UNCOLLECTIBLE", database.now())
    clock.advance(timedelta(hours=1))
    assert await invoices.give_up_invoice(database, invoice.id) == given_up
    assert (await invoices.pay_invoice(database, invoice.id)).closed_at == database.now()
    for call in (invoices.void_invoice, invoices.give_up_invoice):
        with pytest.raises(TriggerViolation):
            await call(database, invoice.id)


async def test_a_period_has_one_invoice_unless_it_is_void(database: Database, user: User) -> None:
    begun = await subscribed(database, user)
    of_period: dict[str, Any] = {"subscription_id": begun.id, "period_number": 1}
    invoice = await issued(database, user, **of_period)
    assert await invoices.find_invoice_of_period(database, **of_period) == invoice
    with pytest.raises(UniqueViolation, match="the period already has an invoice"):
        await drafted(database, user, **of_period)
    with pytest.raises(ForeignKeyViolation):
        await drafted(database, user, **of_period | {"period_number": 2})
    void = await invoices.void_invoice(database, invoice.id)
    assert (void.status, void.number) == ("VOID", 1)
    assert await invoices.void_invoice(database, invoice.id) == void
    assert await invoices.find_invoice_of_period(database, **of_period) is None
    assert (await issued(database, user, **of_period)).number == 2


async def test_invoices_are_listed_in_pages(database: Database, clock: Clock, user: User) -> None:
    made = []
    for _ in range(3):
        made.insert(0, await issued(database, user))
        clock.advance(timedelta(seconds=1))
    other = await drafted(database, await users.create_user(database, builders.user()))
    for read in (
        lambda **page: invoices.list_invoices(database, InvoiceStatus.OPEN, **page),
        lambda **page: invoices.list_invoices_of_customer(database, user.id, **page),
        lambda **page: invoices.list_invoices_of_seller(database, "shop", 2030, **page),
    ):
        first = await read(limit=2)
        assert first == made[:2]
        assert await read(after=first[-1]) == made[2:]
    assert await invoices.list_invoices(database, InvoiceStatus.DRAFT) == [other]


async def test_overdue_invoices_are_listed_in_pages(database: Database, clock: Clock, user: User) -> None:
    made = []
    for _ in range(4):
        made.append(await issued(database, user))
        clock.advance(timedelta(days=1))
    await invoices.pay_invoice(database, made[1].id)
    clock.advance(timedelta(days=13))
    first = await invoices.list_overdue_invoices(database, limit=1)
    assert first == [made[0]]
    assert await invoices.list_overdue_invoices(database, after=first[-1]) == [made[2]]


async def test_drafts_are_imported_and_everything_is_exported(database: Database, user: User) -> None:
    rows = [
        builders.invoice(user, lines=[builders.invoice_line(unit_amount=number)] * number, recipient=None)
        for number in range(5)
    ]
    assert await invoices.import_invoices(database, [*rows, rows[0]], batch_size=2) == 5
    assert await invoices.import_invoices(database, rows) == 0
    async with invoices.stream_invoices(database) as stream:
        assert [invoice.net async for invoice in stream] == [0, 1, 4, 9, 16]


async def test_a_deleted_user_leaves_invoices_without_a_name(database: Database, user: User) -> None:
    invoice = await issued(database, user)
    await users.delete_user(database, user.id)
    document = await invoices.get_invoice_document(database, invoice.id)
    assert (document.customer_id, document.recipient_name, document.recipient_address) == (None, None, None)
    assert (document.number, document.total, len(document.lines)) == (1, 1190, 1)
    assert (await invoices.pay_invoice(database, invoice.id)).status is InvoiceStatus.PAID


async def test_a_line_has_at_most_what_its_table_holds() -> None:
    assert NewInvoiceLine(description="x", unit_amount=-(10**12)).amount == -(10**12)
    for wrong in ({"unit_amount": 10**12 + 1}, {"quantity": 0}, {"tax_rate": 10_001}, {"description": ""}):
        with pytest.raises(ValueError, match="1 validation error"):
            builders.invoice_line(**wrong)  # type: ignore[arg-type]


async def test_what_is_unknown_is_not_found(database: Database) -> None:
    for call in (
        invoices.get_invoice(database, uuid7()),
        invoices.get_invoice_document(database, uuid7()),
        invoices.issue_invoice(database, uuid7(), due_at=database.now()),
        invoices.replace_lines(database, uuid7(), []),
        invoices.pay_invoice(database, uuid7()),
    ):
        with pytest.raises(NotFound):
            await call
