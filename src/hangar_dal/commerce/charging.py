"""Capture and refund payments together with their transfers in the ledger: both are committed, or neither.

    from hangar_dal.commerce import charging

    accounts = {"provider_account_id": stripe.id, "receiver_account_id": shop.id}
    await charging.capture(db, payment.id, capture_id=uuid7(), **accounts)

What the provider captures goes from the account of the provider to the one of the receiver, and back with a refund. A
transfer has the id of its capture or refund, so that repeating a call books nothing twice, and the reference of its
payment.
"""

from uuid import UUID

from hangar_dal import ledger, payments
from hangar_dal.database import Executor, Transaction, atomic
from hangar_dal.ledger import NewTransfer
from hangar_dal.models.row import Amount
from hangar_dal.payments import Capture, Refund


def reference_of(payment_id: UUID) -> str:
    """The reference that the transfers of a payment have, for `ledger.list_transfers_of_reference`."""
    return f"payment:{payment_id}"


async def capture(
    db: Executor,
    payment_id: UUID,
    *,
    capture_id: UUID,
    provider_account_id: UUID,
    receiver_account_id: UUID,
    amount: Amount | None = None,
) -> Capture:
    """Take an amount of an authorised payment, or all that is left, and book it for the receiver.

    The errors of `payments.capture` and `ledger.transfer`: nothing is captured if it cannot be booked.
    """
    async with atomic(db) as tx:
        row = await payments.capture(tx, payment_id, capture_id=capture_id, amount=amount)
        await _book(tx, row, provider_account_id, receiver_account_id)
        return row


async def refund(
    db: Executor,
    payment_id: UUID,
    *,
    refund_id: UUID,
    provider_account_id: UUID,
    receiver_account_id: UUID,
    amount: Amount | None = None,
) -> Refund:
    """Give an amount back, or all that is left, and book it from the receiver.

    `InsufficientFunds` if the receiver has less; the errors of `payments.refund` and `ledger.transfer`.
    """
    async with atomic(db) as tx:
        row = await payments.refund(tx, payment_id, refund_id=refund_id, amount=amount)
        await _book(tx, row, receiver_account_id, provider_account_id)
        return row


async def lose_dispute(
    db: Executor, payment_id: UUID, *, refund_id: UUID, provider_account_id: UUID, receiver_account_id: UUID
) -> Refund:
    """End a dispute for the payer, and book what is refunded from the receiver. The errors of `refund`.

    The provider has taken the money by then. Give an account that may be negative as the receiver, if a receiver may
    have spent it.
    """
    async with atomic(db) as tx:
        row = await payments.lose_dispute(tx, payment_id, refund_id=refund_id)
        await _book(tx, row, receiver_account_id, provider_account_id)
        return row


async def _book(tx: Transaction, row: Capture | Refund, debit_account_id: UUID, credit_account_id: UUID) -> None:
    payment = await payments.get_payment(tx, row.payment_id)
    new = NewTransfer(
        id=row.id,
        debit_account_id=debit_account_id,
        credit_account_id=credit_account_id,
        amount=row.amount,
        currency=payment.currency,
        reference=reference_of(row.payment_id),
    )
    await ledger.transfer(tx, new)
