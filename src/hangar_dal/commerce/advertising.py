"""Settle the amounts that campaigns spent, through the ledger."""

from datetime import date
from uuid import UUID

from hangar_dal import ad_reports, ledger
from hangar_dal.ad_reports import NewSettlement, Settlement
from hangar_dal.database import Executor, atomic
from hangar_dal.errors import UniqueViolation
from hangar_dal.models.ledger import NewTransfer


async def settle(
    db: Executor, campaign_id: UUID, day: date, *, settlement_id: UUID, debit_account_id: UUID, credit_account_id: UUID
) -> Settlement | None:
    """Pay the amount that a campaign still owes for a day, with one transfer; None if it owes nothing.

    The transfer has the id of the settlement. Repeating the call with the same id returns the settlement. No amount is
    paid twice, with any id. Later impressions of the day are paid by the next call. Raises `InsufficientFunds` if the
    debited account has too little, and `UniqueViolation` if the id belongs to another settlement or transfer.
    """
    async with atomic(db) as tx:
        owed = await ad_reports.lock_owed(tx, campaign_id, day)
        if settlement := await ad_reports.find_settlement(tx, settlement_id):
            if (settlement.campaign_id, settlement.day) != (campaign_id, day):
                raise UniqueViolation("ad_settlements: another day has this id", constraint="ad_settlements_pkey")
            return settlement
        if owed is None or owed.amount == 0:
            return None
        transfer = NewTransfer(
            id=settlement_id,
            debit_account_id=debit_account_id,
            credit_account_id=credit_account_id,
            amount=owed.amount,
            currency=owed.currency,
            reference=f"ads:{campaign_id}:{day}",
        )
        await ledger.transfer(tx, transfer)
        new = NewSettlement(id=settlement_id, campaign_id=campaign_id, day=day, amount=owed.amount)
        return await ad_reports.insert_settlement(tx, new)
