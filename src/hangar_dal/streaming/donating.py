"""Donate and refund: a ledger transfer, a donation row and a chat message, all or none."""

from uuid import UUID

from hangar_dal import donations, ledger, live_chat
from hangar_dal.database import Executor, atomic
from hangar_dal.donations import Donation, NewDonation
from hangar_dal.errors import UniqueViolation
from hangar_dal.ledger import NewTransfer
from hangar_dal.live_chat import ChatMessageKind, NewChatMessage


async def donate(
    db: Executor, new: NewDonation, *, debit_account_id: UUID, credit_account_id: UUID, text: str = ""
) -> Donation:
    """Move the money, store the donation and post it in the chat. Repeating the call with the same id changes nothing.

    The message has the id of the donation, the amount and currency in its metadata, and no author if the donation is
    anonymous. Raises `InsufficientFunds` if the debited account has too little, `TriggerViolation` (`live_chat_open`)
    if the livestream is not live, and `UniqueViolation` if another donation has the id.
    """
    async with atomic(db) as tx:
        await ledger.transfer(
            tx,
            NewTransfer(
                id=new.transfer_id,
                debit_account_id=debit_account_id,
                credit_account_id=credit_account_id,
                amount=new.amount,
                currency=new.currency,
                reference=f"livestream:{new.livestream_id}",
            ),
        )
        donation = await donations.insert_donation(tx, new)
        if donation is None:
            return _same(await donations.get_donation(tx, new.id), new)
        message = NewChatMessage(
            id=donation.id,
            livestream_id=donation.livestream_id,
            author_id=None if donation.is_anonymous else donation.donor_id,
            kind=ChatMessageKind.DONATION,
            body=text,
            metadata={"amount": donation.amount, "currency": donation.currency},
        )
        await live_chat.send_chat_message(tx, message)
        return donation


async def refund_donation(db: Executor, donation_id: UUID, *, transfer_id: UUID) -> Donation:
    """Refund a donation, once, by a reversal of its transfer. Repeating the call with the same id changes nothing.

    Raises `UniqueViolation` if another transfer has refunded it, and `InsufficientFunds` if the credited account has
    too little. The message stays in the chat.
    """
    async with atomic(db) as tx:
        donation = await donations.get_donation(tx, donation_id)
        await ledger.reverse(tx, donation.transfer_id, transfer_id=transfer_id)
        return await donations.set_refund(tx, donation_id, refund_id=transfer_id)


def _same(stored: Donation, new: NewDonation) -> Donation:
    # A merge may have changed the donor since.
    if stored.model_dump(include=_FIXED) != new.model_dump(include=_FIXED):
        raise UniqueViolation("donations: another donation has this id", constraint="donations_pkey")
    return stored


_FIXED = {"livestream_id", "transfer_id", "amount", "currency", "is_anonymous"}
