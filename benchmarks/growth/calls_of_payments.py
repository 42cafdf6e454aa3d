"""What is asked about payments, the ledger, subscriptions and invoices."""

from datetime import timedelta
from typing import Final

from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import (
    ACCOUNT,
    INVOICE,
    METHOD,
    PAYMENT,
    PLAN,
    START,
    SUBSCRIPTION,
    TRANSFER,
    WEBHOOK,
    id_of,
)
from hangar_dal import (
    builders,
    idempotency_keys,
    invoices,
    ledger,
    payment_methods,
    payments,
    plans,
    subscriptions,
    uuid7,
    webhook_events,
)
from hangar_dal.idempotency_keys import Answer
from hangar_dal.invoices import InvoiceStatus
from hangar_dal.payments import PaymentStatus
from hangar_dal.subscriptions import SubscriptionStatus

PAYER: Final = 0


async def find_middles(at: Filled) -> None:
    """A row in the middle of each long list."""
    half, db = at.rows // 20 * 10, at.db
    at.middle["payment"] = await payments.get_payment(db, id_of(PAYMENT, half))
    at.middle["payment of order"] = await payments.get_payment(db, id_of(PAYMENT, half + 3))
    [newest] = await payment_methods.list_payment_methods(db, at.user(PAYER), limit=1)
    at.middle["method"] = newest.model_copy(
        update={"id": id_of(METHOD, half), "created_at": START + timedelta(seconds=half)}
    )
    at.middle["event"] = await webhook_events.get_event(db, id_of(WEBHOOK, half + 3))
    at.middle["account"] = await ledger.get_account(db, id_of(ACCOUNT, half))
    at.middle["transfer"] = await ledger.get_transfer(db, id_of(TRANSFER, half + 5))
    at.middle["transfer of order"] = await ledger.get_transfer(db, id_of(TRANSFER, half + 3))
    at.middle["plan"] = await plans.get_plan(db, id_of(PLAN, half))
    at.middle["subscription"] = await subscriptions.get_subscription(db, id_of(SUBSCRIPTION, half))
    for name, number in (("invoice of shop", 0), ("invoice of customer", 1), ("overdue", 7)):
        at.middle[name] = await invoices.get_invoice(db, id_of(INVOICE, half + number))


def number(at: Filled, last_digit: int) -> int:
    """One of those that a list or a query asks for, all over the database."""
    return at.random.randrange(50) * (at.users // 50) * 10 + last_digit


def created(at: Filled) -> int:
    """A payment or a subscription for a change, that no other call asks for."""
    return at.random.randrange(at.users) * 10


_PAYMENTS: Final[Calls] = {
    "get_payment": lambda at: payments.get_payment(at.db, id_of(PAYMENT, number(at, 1))),
    "find_payment": lambda at: payments.find_payment(
        at.db, provider="stripe", provider_reference=f"payment {number(at, 1)}"
    ),
    "list_payments_of_payer": lambda at: payments.list_payments_of_payer(at.db, at.user()),
    "list_payments_of_payer, long": lambda at: payments.list_payments_of_payer(at.db, at.user(PAYER)),
    "list_payments_of_payer, long, deep": lambda at: payments.list_payments_of_payer(
        at.db, at.user(PAYER), after=at.middle["payment"]
    ),
    "list_payments_of_payer, authorized, long, deep": lambda at: payments.list_payments_of_payer(
        at.db, at.user(PAYER), status=PaymentStatus.AUTHORIZED, after=at.middle["payment"]
    ),
    "list_payments_of_payer, refunded, long": lambda at: payments.list_payments_of_payer(
        at.db, at.user(PAYER), status=PaymentStatus.REFUNDED
    ),
    "list_payments_with_status, created, deep": lambda at: payments.list_payments_with_status(
        at.db, PaymentStatus.CREATED, created_before=at.db.now(), after=at.middle["payment"]
    ),
    "list_payments_of_reference, long, deep": lambda at: payments.list_payments_of_reference(
        at.db, "order 3", after=at.middle["payment of order"]
    ),
    "list_captures": lambda at: payments.list_captures(at.db, id_of(PAYMENT, number(at, 1))),
    "list_revenue": lambda at: payments.list_revenue(
        at.db, "EUR", since=START.date(), until=START.date() + timedelta(days=1)
    ),
    "create_payment": lambda at: payments.create_payment(at.db, builders.payment(at.user(), amount=100)),
    "capture": lambda at: payments.capture(at.db, id_of(PAYMENT, created(at) + 8), capture_id=uuid7(), amount=1),
    "refund": lambda at: payments.refund(at.db, id_of(PAYMENT, created(at) + 2), refund_id=uuid7(), amount=1),
}
_METHODS: Final[Calls] = {
    # The tokens of the others are sealed with no key.
    "find_default_payment_method, none": lambda at: payment_methods.find_default_payment_method(
        at.db, at.user(number(at, 0) // 100 * 10)
    ),
    "list_payment_methods": lambda at: payment_methods.list_payment_methods(at.db, at.user()),
    "list_payment_methods, long, deep": lambda at: payment_methods.list_payment_methods(
        at.db, at.user(PAYER), after=at.middle["method"]
    ),
    "list_expiring_payment_methods, deep": lambda at: payment_methods.list_expiring_payment_methods(
        at.db, year=2026, month=1, after=at.middle["method"]
    ),
    "add_payment_method": lambda at: payment_methods.add_payment_method(at.db, builders.payment_method(at.user())),
}
_KEYS: Final[Calls] = {
    "find_key": lambda at: idempotency_keys.find_key(at.db, "pay", f"key {number(at, 5)}"),
    "claim": lambda at: idempotency_keys.claim(at.db, "pay", str(uuid7()), {"n": 1}, user_id=at.user()),
    "run": lambda at: idempotency_keys.run(at.db, "pay", str(uuid7()), {"n": 1}, _answer, user_id=at.user()),
    "delete_expired_keys, 10": lambda at: idempotency_keys.delete_expired_keys(at.db, batch_size=10),
}
_WEBHOOKS: Final[Calls] = {
    "get_event": lambda at: webhook_events.get_event(at.db, id_of(WEBHOOK, number(at, 1))),
    "find_event": lambda at: webhook_events.find_event(at.db, "stripe", event_id=f"event {number(at, 1)}"),
    "receive": lambda at: webhook_events.receive(at.db, builders.webhook_event(provider="stripe", object_key="new")),
    "claim, 5": lambda at: webhook_events.claim(at.db, "stripe", batch_size=5),
    "list_failed_events": lambda at: webhook_events.list_failed_events(at.db),
    "list_failed_events of a provider, deep": lambda at: webhook_events.list_failed_events(
        at.db, provider="stripe", after=at.middle["event"]
    ),
    "list_failed_events of a rare provider": lambda at: webhook_events.list_failed_events(at.db, provider="adyen"),
    "find_oldest_due_event": lambda at: webhook_events.find_oldest_due_event(at.db, "stripe"),
    "delete_finished_events, 10": lambda at: webhook_events.delete_finished_events(
        at.db, status="PROCESSED", before=at.db.now(), batch_size=10
    ),
}
_LEDGER: Final[Calls] = {
    "get_account": lambda at: ledger.get_account(at.db, id_of(ACCOUNT, number(at, 2))),
    "find_account": lambda at: ledger.find_account(at.db, f"wallet {number(at, 2)}"),
    "get_balance": lambda at: ledger.get_balance(at.db, id_of(ACCOUNT, number(at, 2))),
    "get_balance of the world": lambda at: ledger.get_balance(at.db, id_of(ACCOUNT, at.rows)),
    "get_balance_at": lambda at: ledger.get_balance_at(
        at.db, id_of(ACCOUNT, number(at, 2)), START + timedelta(seconds=at.rows // 2)
    ),
    "list_accounts, deep": lambda at: ledger.list_accounts(
        at.db, kind="wallet", currency="EUR", after=at.middle["account"]
    ),
    "list_accounts_of_owner": lambda at: ledger.list_accounts_of_owner(at.db, at.user()),
    "list_accounts_of_owner, long, deep": lambda at: ledger.list_accounts_of_owner(
        at.db, at.user(PAYER), after=at.middle["account"]
    ),
    "get_transfer": lambda at: ledger.get_transfer(at.db, id_of(TRANSFER, number(at, 2))),
    "list_transfers": lambda at: ledger.list_transfers(at.db, id_of(ACCOUNT, number(at, 2))),
    "list_transfers, long": lambda at: ledger.list_transfers(at.db, id_of(ACCOUNT, 1)),
    "list_transfers, long, deep": lambda at: ledger.list_transfers(
        at.db, id_of(ACCOUNT, 1), after=at.middle["transfer"]
    ),
    "list_transfers of the world, deep": lambda at: ledger.list_transfers(
        at.db, id_of(ACCOUNT, at.rows), after=at.middle["transfer"]
    ),
    "list_transfers_of_reference, long, deep": lambda at: ledger.list_transfers_of_reference(
        at.db, "order 3", after=at.middle["transfer of order"]
    ),
    "list_expired_holds, 5": lambda at: ledger.list_expired_holds(at.db, limit=5),
    "transfer": lambda at: ledger.transfer(
        at.db, builders.transfer(id_of(ACCOUNT, number(at, 4)), id_of(ACCOUNT, number(at, 6)), amount=1)
    ),
    "transfer from the world": lambda at: ledger.transfer(
        at.db, builders.transfer(id_of(ACCOUNT, at.rows), id_of(ACCOUNT, number(at, 6)), amount=1)
    ),
    "hold": lambda at: ledger.hold(
        at.db, builders.hold(id_of(ACCOUNT, number(at, 4)), id_of(ACCOUNT, number(at, 6)), amount=1)
    ),
}
_PLANS: Final[Calls] = {
    "find_plan": lambda at: plans.find_plan(at.db, f"plan {number(at, 2)}"),
    "list_plans, deep": lambda at: plans.list_plans(at.db, after=at.middle["plan"]),
    "list_open_plans": lambda at: plans.list_open_plans(at.db, "EUR"),
    "list_open_plans, deep": lambda at: plans.list_open_plans(at.db, "EUR", after=at.middle["plan"]),
    "create_plan": lambda at: plans.create_plan(at.db, builders.plan(code=str(uuid7()))),
}
_SUBSCRIPTIONS: Final[Calls] = {
    "get_subscription": lambda at: subscriptions.get_subscription(at.db, id_of(SUBSCRIPTION, number(at, 2))),
    "list_subscriptions, deep": lambda at: subscriptions.list_subscriptions(
        at.db, SubscriptionStatus.ACTIVE, after=at.middle["subscription"]
    ),
    "list_subscriptions_of_user": lambda at: subscriptions.list_subscriptions_of_user(at.db, at.user()),
    "list_subscriptions_of_user, long, deep": lambda at: subscriptions.list_subscriptions_of_user(
        at.db, at.user(PAYER), after=at.middle["subscription"]
    ),
    "list_subscriptions_of_plan, long, deep": lambda at: subscriptions.list_subscriptions_of_plan(
        at.db, id_of(PLAN, 0), SubscriptionStatus.ACTIVE, after=at.middle["subscription"]
    ),
    "list_periods": lambda at: subscriptions.list_periods(at.db, id_of(SUBSCRIPTION, number(at, 2))),
    "renew_due, 2": lambda at: subscriptions.renew_due(at.db, limit=2),
    "subscribe": lambda at: subscriptions.subscribe(
        at.db, builders.subscription(at.user(), id_of(PLAN, number(at, 2)))
    ),
    "mark_past_due": lambda at: subscriptions.mark_past_due(at.db, id_of(SUBSCRIPTION, created(at) + 3)),
}
_INVOICES: Final[Calls] = {
    "get_invoice_document": lambda at: invoices.get_invoice_document(at.db, id_of(INVOICE, number(at, 2))),
    "find_invoice_by_number": lambda at: invoices.find_invoice_by_number(
        at.db, seller="shop", year=2026, number=number(at, 0) // 10 + 1
    ),
    "list_invoices, drafts, deep": lambda at: invoices.list_invoices(
        at.db, InvoiceStatus.DRAFT, after=at.middle["overdue"]
    ),
    "list_invoices_of_customer": lambda at: invoices.list_invoices_of_customer(at.db, at.user()),
    "list_invoices_of_customer, long, deep": lambda at: invoices.list_invoices_of_customer(
        at.db, at.user(PAYER), after=at.middle["invoice of customer"]
    ),
    "list_invoices_of_seller, long, deep": lambda at: invoices.list_invoices_of_seller(
        at.db, "shop", 2026, after=at.middle["invoice of shop"]
    ),
    "list_overdue_invoices, deep": lambda at: invoices.list_overdue_invoices(at.db, after=at.middle["overdue"]),
    "create_invoice": lambda at: invoices.create_invoice(at.db, builders.invoice(at.user())),
    "issue_invoice": lambda at: invoices.issue_invoice(at.db, id_of(INVOICE, created(at) + 9), due_at=at.db.now()),
}
DOMAINS: Final = {
    "payments": _PAYMENTS,
    "payment_methods": _METHODS,
    "idempotency_keys": _KEYS,
    "webhook_events": _WEBHOOKS,
    "ledger": _LEDGER,
    "plans": _PLANS,
    "subscriptions": _SUBSCRIPTIONS,
    "invoices": _INVOICES,
}


async def _answer(_: object) -> Answer:
    return Answer(status=200, body={})
