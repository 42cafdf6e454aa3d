"""Invoices for subscription periods, and their payment through the ledger."""

from datetime import timedelta
from uuid import UUID

from pydantic import Field

from hangar_dal import invoices, ledger, payments, plans, subscriptions
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import PaymentDiffers
from hangar_dal.models.invoices import BasisPoints, Invoice, InvoiceStatus, NewInvoice, NewInvoiceLine, NewRecipient
from hangar_dal.models.ledger import NewTransfer
from hangar_dal.models.row import BatchSize, Row, ShortText
from hangar_dal.models.subscriptions import NewSubscription, Subscription, SubscriptionStatus


class InvoiceTerms(Row):
    """The seller, the tax rate in basis points, and the time until an invoice is due."""

    seller: ShortText
    tax_rate: BasisPoints = 0
    due_after: timedelta = Field(default=timedelta(days=14), ge=timedelta(0))


async def subscribe(
    db: Executor, new: NewSubscription, terms: InvoiceTerms, *, recipient: NewRecipient | None = None
) -> tuple[Subscription, Invoice | None]:
    """Begin a subscription and issue the invoice for its first period, which is None if the period costs nothing.

    Repeating the call with the same id returns both. Raises the errors of `subscriptions.subscribe`.
    """
    async with atomic(db) as tx:
        begun = await subscriptions.subscribe(tx, new)
        return begun, await invoice_period(tx, begun.id, 1, terms, recipient=recipient)


async def invoice_period(
    db: Executor, subscription_id: UUID, number: int, terms: InvoiceTerms, *, recipient: NewRecipient | None = None
) -> Invoice | None:
    """Issue the invoice for a period, once; None if the period costs nothing or the user was deleted.

    Repeating the call returns the invoice. One line has the amount of the period, a second line the credit that is
    used. If the credit covers the total, the invoice is PAID. `recipient` defaults to the recipient of the
    subscription's last invoice.
    """
    async with atomic(db) as tx:
        subscription = await subscriptions.lock_subscription(tx, subscription_id)
        period = await subscriptions.get_period(tx, subscription_id, number=number)
        found = await invoices.find_invoice_of_period(tx, subscription_id=subscription_id, period_number=number)
        if found is not None:
            return found
        if subscription.user_id is None or period.amount == 0:
            return None
        plan = await plans.get_plan(tx, period.plan_id)
        charged = NewInvoiceLine(description=plan.name, unit_amount=period.amount, tax_rate=terms.tax_rate)
        credited = NewInvoiceLine(description="Credit", unit_amount=-period.credit, tax_rate=terms.tax_rate)
        draft = await invoices.create_invoice(
            tx,
            NewInvoice(
                seller=terms.seller,
                customer_id=subscription.user_id,
                currency=period.currency,
                subscription_id=subscription_id,
                period_number=number,
                recipient=recipient or await invoices.find_last_recipient(tx, subscription_id),
                lines=[charged, credited] if period.credit else [charged],
            ),
        )
        invoice = await invoices.issue_invoice(tx, draft.id, due_at=tx.now() + terms.due_after)
        return invoice if invoice.total else await invoices.pay_invoice(tx, invoice.id)


async def renew_due(db: Executor, terms: InvoiceTerms, *, limit: BatchSize = 100) -> dict[UUID, Invoice | None]:
    """Renew or end up to `limit` subscriptions, and issue the invoices for their new periods, all or none.

    Returns a dict from subscription id to invoice; None if the subscription has ended or the period costs nothing.
    Several processes may call it at once. Call it until the dict is empty.
    """
    async with atomic(db) as tx:
        renewed = await subscriptions.renew_due(tx, limit=limit)
        return {
            each.id: None
            if each.status is SubscriptionStatus.CANCELLED
            else await invoice_period(tx, each.id, each.period_number, terms)
            for each in renewed
        }


async def pay(
    db: Executor,
    invoice_id: UUID,
    *,
    transfer_id: UUID,
    debit_account_id: UUID,
    credit_account_id: UUID,
    payment_id: UUID | None = None,
) -> Invoice:
    """Book the total of an invoice in the ledger and set it to PAID, all or none. A repeated call books nothing again.

    Raises `PaymentDiffers` if the given payment has another currency or has captured less than the total. A PAST_DUE
    subscription of the invoice becomes ACTIVE if its current period was paid. Raises `InsufficientFunds` if the debited
    account has too little, `UniqueViolation` if another payment has paid the invoice, and `TriggerViolation` if the
    invoice is a draft or void.
    """
    async with atomic(db) as tx:
        invoice = await invoices.lock_invoice(tx, invoice_id)
        if invoice.status is InvoiceStatus.PAID:
            return await invoices.pay_invoice(tx, invoice_id, payment_id=payment_id)
        if payment_id is not None:
            payment = await payments.get_payment(tx, payment_id)
            left = payment.captured - payment.refunded
            if payment.currency != invoice.currency or left < invoice.total:
                raise PaymentDiffers(
                    "the payment has another currency than the invoice, or its captured amount is lower than the total"
                )
        paid = await invoices.pay_invoice(tx, invoice_id, payment_id=payment_id)
        if paid.total:
            transfer = NewTransfer(
                id=transfer_id,
                debit_account_id=debit_account_id,
                credit_account_id=credit_account_id,
                amount=paid.total,
                currency=paid.currency,
                reference=f"invoice:{invoice_id}",
            )
            await ledger.transfer(tx, transfer)
        await _activate(tx, paid)
        return paid


async def _activate(db: Executor, paid: Invoice) -> None:
    """Set the invoice's subscription from PAST_DUE to ACTIVE if its current period was paid."""
    if paid.subscription_id is not None:
        subscription = await subscriptions.lock_subscription(db, paid.subscription_id)
        is_current = subscription.period_number == paid.period_number
        if is_current and subscription.status is SubscriptionStatus.PAST_DUE:
            await subscriptions.mark_paid(db, subscription.id)
