"""What a payment provider reports of a payment, and a worker that notes it: in order for each payment."""

import asyncio
import logging
from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from hangar_dal import Database, Transaction, payments, webhook_events
from hangar_dal.errors import HangarError
from hangar_dal.webhook_events import ClaimedEvent

logger = logging.getLogger("hangar_api")


class PaymentEvent(BaseModel):
    """An event. `booking_id` is the id of a capture or a refund, so that it is booked once."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: str
    kind: Literal["authorized", "failed", "captured", "refunded", "disputed", "dispute_won", "dispute_lost"]
    payment_id: UUID
    booking_id: UUID | None = None
    amount: int | None = None
    provider_reference: str | None = None
    failure_code: str | None = None


async def work(db: Database, provider: str, *, poll: timedelta, stop: asyncio.Event) -> None:
    """Note what the provider has reported, until `stop` is set. What fails is tried again later."""
    async for batch in webhook_events.work(db, provider, poll=poll, stop=stop):
        for event in batch:
            await process(db, event)


async def process(db: Database, claimed: ClaimedEvent) -> None:
    """In one transaction, what the event says and that it is processed."""

    async def both(tx: Transaction) -> None:
        await _note(tx, PaymentEvent.model_validate(claimed.payload))
        await webhook_events.done(tx, claimed)

    try:
        await db.in_transaction(both)
    except HangarError as error:
        reason = type(error).__name__  # the text may hold a value of the event
        logger.error("webhook event %d failed: %s", claimed.number, reason)  # noqa: TRY400
        await webhook_events.fail(db, claimed, reason)


async def _note(tx: Transaction, event: PaymentEvent) -> None:
    payment_id, booking_id = event.payment_id, event.booking_id or event.payment_id
    match event.kind:
        case "authorized":
            reference = event.provider_reference or event.id
            await payments.authorize_payment(tx, payment_id, provider_reference=reference)
        case "failed":
            await payments.fail_payment(tx, payment_id, failure_code=event.failure_code)
        case "captured":
            await payments.capture(tx, payment_id, capture_id=booking_id, amount=event.amount)
        case "refunded":
            await payments.refund(tx, payment_id, refund_id=booking_id, amount=event.amount)
        case "disputed":
            await payments.dispute_payment(tx, payment_id)
        case "dispute_won":
            await payments.win_dispute(tx, payment_id)
        case "dispute_lost":
            await payments.lose_dispute(tx, payment_id, refund_id=booking_id)
