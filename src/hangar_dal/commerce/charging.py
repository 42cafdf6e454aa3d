"""Capture and refund payments together with their transfers in the ledger: both are committed, or neither.

    from hangar_dal.commerce import charging

    accounts = {"provider_account_id": stripe.id, "receiver_account_id": shop.id}
    await charging.capture(db, payment.id, capture_id=uuid7(), **accounts)

A capture moves its amount from the provider's account to the receiver's account; a refund moves it back. A transfer has
the id of its capture or refund, so that repeating a call books nothing twice. Its reference names the payment.
"""

from uuid import UUID

from hangar_dal import ledger, payments
from hangar_dal.database import Executor, Transaction, atomic
from hangar_dal.ledger import NewTransfer
from hangar_dal.models.row import Amount
from hangar_dal.payments import Capture, Refund


def reference_of(payment_id: UUID) -> str:
    """Return the reference of the transfers of a payment, for `ledger.list_transfers_of_reference`."""
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
    """Capture an amount of an authorized payment, by default the rest, and book it to the receiver.

    Raises the errors of `payments.capture` and `ledger.transfer`. Nothing is captured if it cannot be booked.
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
    """Refund an amount, by default the rest, and book it from the receiver.

    Raises `InsufficientFunds` if the receiver has too little, and the errors of `payments.refund` and
    `ledger.transfer`.
    """
    async with atomic(db) as tx:
        row = await payments.refund(tx, payment_id, refund_id=refund_id, amount=amount)
        await _book(tx, row, receiver_account_id, provider_account_id)
        return row


async def lose_dispute(
    db: Executor, payment_id: UUID, *, refund_id: UUID, provider_account_id: UUID, receiver_account_id: UUID
) -> Refund:
    """End a dispute in favour of the payer and book the refund from the receiver. Raises the errors of `refund`.

    The provider has already taken the money. If the receiver may have spent it, pass an account that may be negative.
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
