"""Builders for payments and their webhooks in the catalog COMMERCE."""

from datetime import datetime
from secrets import token_hex
from typing import TypedDict
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal.builders.building import HasId, built, id_of, numbers
from hangar_dal.models.payment_methods import LastFour, Month, NewPaymentMethod, SealedToken, Year
from hangar_dal.models.payments import NewPayment
from hangar_dal.models.row import Amount, Currency, Label, PlainName
from hangar_dal.models.users import User
from hangar_dal.models.webhook_events import NewWebhookEvent
from hangar_dal.values import JsonObject


class PaymentMethodFields(TypedDict, total=False):
    id: UUID
    provider: PlainName
    token: SealedToken
    brand: PlainName
    last_four: LastFour | None
    expires_month: Month | None
    expires_year: Year | None


class PaymentFields(TypedDict, total=False):
    id: UUID
    provider: PlainName
    provider_reference: Label | None
    reference: Label | None
    amount: Amount
    currency: Currency
    metadata: JsonObject


def payment_method(user: User | UUID, **fields: Unpack[PaymentMethodFields]) -> NewPaymentMethod:
    """A card that expires in 2099."""
    shown = {"brand": "visa", "last_four": f"{next(numbers) % 10_000:04}", "expires_month": 12, "expires_year": 2099}
    return built(NewPaymentMethod, fields, user_id=id_of(user), provider="stripe", token=token_hex(12), **shown)


def payment(
    payer: User | UUID | None = None, payment_method: HasId | UUID | None = None, **fields: Unpack[PaymentFields]
) -> NewPayment:
    """A payment of 1,000 EUR cents, optionally of a payer and with a payment method."""
    payer_id, method_id = (None if each is None else id_of(each) for each in (payer, payment_method))
    ids = {"payer_id": payer_id, "payment_method_id": method_id}
    return built(NewPayment, fields, provider="stripe", amount=1000, currency="EUR", **ids)


class WebhookEventFields(TypedDict, total=False):
    id: UUID
    provider: PlainName
    object_key: Label | None
    event_id: Label
    kind: Label
    payload: JsonObject
    due_at: datetime | None


def webhook_event(**fields: Unpack[WebhookEventFields]) -> NewWebhookEvent:
    """A webhook event that is due immediately."""
    event_id = f"evt_{next(numbers):05}"
    payload = {"id": event_id}
    return built(
        NewWebhookEvent, fields, provider="stripe", event_id=event_id, kind="payment.captured", payload=payload
    )
