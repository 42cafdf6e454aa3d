"""Payments, webhooks, subscriptions and invoices of the catalog COMMERCE for a plausible database."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks.books import CURRENCY
from benchmarks.chance import Chance
from benchmarks.commerce_rows import AnsweredRequest, BilledPeriod, ChosenMethod, HandledEvents, PaidOrder, Renewals
from benchmarks.moment import DAY
from benchmarks.people import People
from hangar_dal.idempotency_keys import Answer
from hangar_dal.invoices import NewInvoice, NewInvoiceLine, NewRecipient
from hangar_dal.models.idempotency_keys import NewIdempotencyKey
from hangar_dal.payment_methods import NewPaymentMethod
from hangar_dal.payments import Capture, Payment, PaymentStatus, Refund
from hangar_dal.plans import IntervalUnit, NewPlan
from hangar_dal.subscriptions import ImportedSubscription, PeriodKind, SubscriptionStatus
from hangar_dal.webhook_events import NewWebhookEvent

# How many rows there are for each user.
METHODS: Final = 0.3
PAYMENTS: Final = 0.5
EVENTS: Final = 0.4
REQUESTS: Final = 0.05
SUBSCRIPTIONS: Final = 0.15
INVOICES: Final = 0.05

PROVIDER: Final = "stripe"
RENEWED_AT_ONCE: Final = 500
HANDLED_AT_ONCE: Final = 1000

_PRICES: Final = (990, 1490, 1990, 4900, 9900)
_STATUSES: Final = {
    PaymentStatus.CAPTURED: 80,
    PaymentStatus.REFUNDED: 4,
    PaymentStatus.PARTIALLY_REFUNDED: 3,
    PaymentStatus.FAILED: 5,
    PaymentStatus.CANCELLED: 4,
    PaymentStatus.CREATED: 2,
    PaymentStatus.AUTHORIZED: 2,
}
_REFUNDED: Final = (PaymentStatus.REFUNDED, PaymentStatus.PARTIALLY_REFUNDED)
_UNCAPTURED: Final = tuple(_STATUSES)[3:]
_PLANS: Final = (("basic", 490), ("plus", 990), ("pro", 1990), ("team", 4990))
_MONTH, _TRIAL, _HOUR = 30 * DAY, 14 * DAY, timedelta(hours=1)


class Card(NamedTuple):
    """A payment method as other rows need it."""

    id: UUID
    owner: int
    at: datetime


class Customers(People):
    """What users pay with and for."""

    @cached_property
    def cards(self) -> list[Card]:
        """All payment methods, the first stored first."""
        chance = self._chance("cards")
        return [Card(chance.key(at), place, at) for at, place in self._over_time(chance, METHODS)]

    @cached_property
    def sold(self) -> list[NewPlan]:
        """The plans."""
        chance = self._chance("sold")
        return [
            NewPlan(
                id=chance.key(self.joined[0]),
                code=f"{name}-{unit.lower()}",
                name=f"{name.capitalize()}, by the {unit.lower()}",
                amount=amount if unit is IntervalUnit.MONTH else amount * 10,
                currency=CURRENCY,
                interval_unit=unit,
                trial_days=14,
            )
            for name, amount in _PLANS
            for unit in (IntervalUnit.MONTH, IntervalUnit.YEAR)
        ]

    def payment_methods(self) -> Iterator[NewPaymentMethod]:
        chance = self._chance("payment_methods")
        for card in self.cards:
            self.now["payment_methods"] = card.at
            yield NewPaymentMethod(
                id=card.id,
                user_id=self.ids[card.owner],
                provider=PROVIDER,
                token=f"pm_{chance.getrandbits(96):024x}",
                brand=chance.choice(["visa", "mastercard", "amex"]),
                last_four=f"{chance.randrange(10_000):04}",
                expires_month=chance.randrange(1, 13),
                expires_year=self.end.year + chance.randrange(5),
            )

    def default_payment_methods(self) -> Iterator[ChosenMethod]:
        """The first method of a user is the default, for most of them."""
        chance = self._chance("default_payment_methods")
        first = {card.owner: card for card in reversed(self.cards)}
        for card in first.values():
            if chance.random() < 0.7:
                yield ChosenMethod(at=card.at, payment_method_id=card.id, user_id=self.ids[card.owner])

    def payments(self) -> Iterator[PaidOrder]:
        chance = self._chance("payments")
        for number in range(int(self.size * PAYMENTS)):
            card = self.cards[chance.skewed(len(self.cards))]
            yield self._order(chance, number, card, chance.between(card.at, self.end))

    def _order(self, chance: Chance, number: int, card: Card, at: datetime) -> PaidOrder:
        key, amount = chance.key(at), chance.choice(_PRICES)
        status = chance.choices(list(_STATUSES), list(_STATUSES.values()))[0]
        captured = 0 if status in _UNCAPTURED else amount
        refunded = amount if status is PaymentStatus.REFUNDED else amount // 2
        refunded = refunded if status in _REFUNDED else 0
        payment = Payment(
            id=key,
            payer_id=self.ids[card.owner],
            payment_method_id=card.id,
            provider=PROVIDER,
            provider_reference=f"pay_{key.hex}",
            reference=f"order:{number}",
            amount=amount,
            currency=CURRENCY,
            captured=captured,
            refunded=refunded,
            status=status,
            failure_code="card_declined" if status is PaymentStatus.FAILED else None,
            metadata={},
            disputed_at=None,
            created_at=at,
            updated_at=at,
        )
        later = chance.between(at, self.end, early=4)
        taken = Capture(id=chance.key(at), payment_id=key, amount=amount, created_at=at) if captured else None
        back = Refund(id=chance.key(later), payment_id=key, amount=refunded, created_at=later) if refunded else None
        is_disputed = status is PaymentStatus.CAPTURED and chance.random() < 0.02
        return PaidOrder(payment=payment, capture=taken, refund=back, disputed_at=later if is_disputed else None)

    def idempotency_keys(self) -> Iterator[AnsweredRequest]:
        """Those of the last day: older ones have expired."""
        chance = self._chance("idempotency_keys")
        for number in range(max(1, int(self.size * REQUESTS))):
            at, user_id = chance.between(self.end - DAY, self.end), self.ids[chance.skewed(self.size)]
            new = NewIdempotencyKey(
                id=chance.key(at),
                scope=f"payments:{user_id}",
                key=f"{chance.getrandbits(128):032x}",
                user_id=user_id,
                request_hash=sha256(f"{self.seed} {number}".encode()).hexdigest(),
                claim_id=chance.key(at),
                lease_ends_at=at + timedelta(minutes=1),
                expires_at=at + DAY,
            )
            yield AnsweredRequest(at=at, new=new, answer=Answer(status=201, body={"order": number}))

    def webhook_events(self) -> Iterator[NewWebhookEvent]:
        """A tenth is about one of the large customers, whose events are processed in order."""
        chance = self._chance("webhook_events")
        for at, place in self._over_time(chance, EVENTS):
            self.now["webhook_events"] = at
            key = chance.key(at)
            yield NewWebhookEvent(
                id=key,
                provider=PROVIDER,
                object_key=f"customer_{place % 100}" if chance.random() < 0.1 else None,
                event_id=f"evt_{key.hex}",
                kind=chance.choices(["payment.captured", "payment.failed", "customer.updated"], [7, 1, 2])[0],
                payload={"customer": str(self.ids[place]), "amount": chance.choice(_PRICES)},
            )

    def handled_events(self) -> Iterator[HandledEvents]:
        """What workers did until an hour ago."""
        chance, at = self._chance("handled_events"), self.end - _HOUR
        for _ in range(1 + int(self.size * EVENTS) // HANDLED_AT_ONCE):
            yield HandledEvents(at=at, provider=PROVIDER, claim_id=chance.key(at), number=HANDLED_AT_ONCE)

    def plans(self) -> Iterator[NewPlan]:
        self.now["plans"] = self.joined[0]
        yield from self.sold

    def subscriptions(self) -> Iterator[ImportedSubscription]:
        yield from self.subscribed

    @cached_property
    def subscribed(self) -> list[ImportedSubscription]:
        """All subscriptions with the period that ran lately. That of the first one is over."""
        chance = self._chance("subscribed")
        kinds = [SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING, SubscriptionStatus.PAST_DUE]
        kinds.append(SubscriptionStatus.PAUSED)
        made = []
        for place in (0, *chance.sample(range(1, self.size), max(4, int(self.size * SUBSCRIPTIONS)))):
            status = chance.choices(kinds, [80, 8, 6, 6])[0] if place else SubscriptionStatus.ACTIVE
            plan = self.sold[chance.skewed(len(self.sold))]
            length = _TRIAL if status is SubscriptionStatus.TRIALING else _MONTH
            length = length if plan.interval_unit is IntervalUnit.MONTH or length is _TRIAL else 12 * _MONTH
            starts_at = max(self.joined[place], self.end - length * 1.1 * (chance.random() if place else 1))
            created_at = chance.between(self.joined[place], starts_at)
            is_paid = status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)
            new = ImportedSubscription(
                id=chance.key(created_at),
                user_id=self.ids[place],
                plan_id=plan.id,
                currency=CURRENCY,
                status=status,
                period_kind=PeriodKind(
                    status if status is SubscriptionStatus.PAUSED else "PAID" if is_paid else "TRIAL"
                ),
                period_starts_at=starts_at,
                period_ends_at=None if status is SubscriptionStatus.PAUSED else starts_at + length,
                period_amount=plan.amount if is_paid else 0,
                anchor_day=starts_at.day,
                cancel_at_period_end=place > 0 and status is SubscriptionStatus.ACTIVE and chance.random() < 0.1,
                created_at=created_at,
            )
            made.append(new)
        return made

    def renewals(self) -> Iterator[Renewals]:
        """A tenth of the periods is over."""
        for _ in range(1 + int(self.size * SUBSCRIPTIONS) // RENEWED_AT_ONCE):
            yield Renewals(at=self.end, number=RENEWED_AT_ONCE)

    def invoices(self) -> Iterator[BilledPeriod]:
        """Of the periods that cost something, a third has an invoice. Most of these are paid."""
        chance = self._chance("invoices")
        places = {user_id: place for place, user_id in enumerate(self.ids)}
        paid = sorted((each for each in self.subscribed if each.period_amount), key=lambda each: each.period_starts_at)
        for each in paid[: max(1, int(self.size * INVOICES))]:
            at, tail = each.period_starts_at, chance.random()
            first, last = self.names[places[each.user_id]]
            self.now["invoices"] = at
            yield BilledPeriod(
                at=at,
                new=NewInvoice(
                    id=chance.key(at),
                    seller="de",
                    customer_id=each.user_id,
                    currency=CURRENCY,
                    subscription_id=each.id,
                    period_number=1,
                    recipient=NewRecipient(name=f"{first} {last}", address=f"Runway {chance.randrange(1, 99)}\nBerlin"),
                    lines=[NewInvoiceLine(description="Subscription", unit_amount=each.period_amount, tax_rate=1900)],
                ),
                due_at=at + _TRIAL,
                paid_at=chance.between(at, self.end) if tail < 0.8 else None,
                is_void=tail > 0.95,
            )
