"""What payment providers report: signed, stored once, and noted in order for each payment."""

import asyncio
import hmac
import json
from hashlib import sha256
from secrets import token_hex
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from hangar_api import payment_events
from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import Database, Settings, builders, payments, sealing, uuid7, webhook_events
from hangar_dal.payments import Payment, PaymentStatus
from hangar_dal.webhook_events import NewWebhookEvent
from tests.examples.api.conftest import Api, kind
from tests.helpers.clock import Clock

SECRET = token_hex(16)
PATH = "/webhooks/stripe"


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    """Without workers: the tests do their work."""
    secrets = {"stripe": SecretStr(SECRET)}
    return ApiSettings(token_keys=sealing.new_key(), webhook_secrets=secrets, workers=False)


@pytest.fixture
async def payment(api: Api) -> Payment:
    return await payments.create_payment(api.database, builders.payment(provider="stripe", amount=5000))


def event(payment: Payment, what: str, **more: Any) -> dict[str, Any]:
    return {"id": f"evt_{token_hex(8)}", "kind": what, "payment_id": str(payment.id)} | more


async def send(
    api: Api, body: dict[str, Any], *, secret: str = SECRET, age: int = 0, path: str = PATH
) -> httpx.Response:
    content = json.dumps(body).encode()
    timestamp = int(api.database.now().timestamp()) - age
    signature = hmac.new(secret.encode(), b"%d." % timestamp + content, sha256).hexdigest()
    headers = {"X-Timestamp": str(timestamp), "X-Signature": signature}
    return await api.http.post(path, content=content, headers=headers)


async def process_all(api: Api) -> None:
    while claimed := await webhook_events.claim(api.database, "stripe"):
        for each in claimed:
            await payment_events.process(api.database, each)


async def reported(api: Api, payment: Payment, *events: dict[str, Any]) -> Payment:
    """The payment after a worker has noted these events."""
    for each in events:
        answer = await send(api, each)
        assert answer.status_code == 202, answer.text
    await process_all(api)
    return await payments.get_payment(api.database, payment.id)


async def test_an_event_that_is_sent_twice_is_stored_once(api: Api, payment: Payment):
    given = event(payment, "authorized", provider_reference=f"pi_{payment.id}")
    first, again = [(await send(api, given)).json() for _ in range(2)]
    assert (first, first["status"]) == (again, "RECEIVED")
    noted = await reported(api, payment)
    assert (noted.status, noted.provider_reference) == (PaymentStatus.AUTHORIZED, f"pi_{payment.id}")
    assert (await send(api, given)).json()["status"] == "PROCESSED"


async def test_events_of_a_payment_are_noted_in_their_order(api: Api, payment: Payment):
    noted = await reported(
        api,
        payment,
        event(payment, "authorized"),
        event(payment, "captured", booking_id=str(uuid7()), amount=4000),
        event(payment, "refunded", booking_id=str(uuid7()), amount=1000),
        event(payment, "disputed"),
        event(payment, "dispute_won"),
    )
    assert (noted.status, noted.captured, noted.refunded) == (PaymentStatus.PARTIALLY_REFUNDED, 4000, 1000)


async def test_a_dispute_that_is_lost_refunds_what_is_left(api: Api, payment: Payment):
    events = [event(payment, what) for what in ("authorized", "captured", "disputed", "dispute_lost")]
    noted = await reported(api, payment, *events)
    assert (noted.status, noted.refunded) == (PaymentStatus.REFUNDED, 5000)


async def test_a_payment_that_failed_says_why(api: Api, payment: Payment):
    noted = await reported(api, payment, event(payment, "failed", failure_code="card_declined"))
    assert (noted.status, noted.failure_code) == (PaymentStatus.FAILED, "card_declined")


async def test_an_event_that_does_not_fit_is_tried_again_later_and_holds_the_next_ones_up(api: Api, payment: Payment):
    early, late = event(payment, "captured"), event(payment, "authorized")
    noted = await reported(api, payment, early, late)
    assert noted.status is PaymentStatus.CREATED
    stored = [await webhook_events.find_event(api.database, "stripe", event_id=each["id"]) for each in (early, late)]
    assert [(each.status, each.last_error) for each in stored if each] == [
        ("RECEIVED", "TriggerViolation"),
        ("WAITING", None),
    ]


@pytest.mark.parametrize("given", [{"secret": "another"}, {"age": 301}, {"age": -301}], ids=str)
async def test_what_the_provider_did_not_sign_now_is_refused(
    api: Api, payment: Payment, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(api.database, "clock", Clock(api.database.now()))  # the request may have to wait
    assert kind(await send(api, event(payment, "authorized"), **given)) == (401, "unauthorized")
    assert (await reported(api, payment)).status is PaymentStatus.CREATED


async def test_a_provider_without_a_secret_is_not_found(api: Api, payment: Payment):
    assert kind(await send(api, event(payment, "authorized"), path="/webhooks/other")) == (404, "not-found")


async def test_a_request_without_a_signature_is_refused(api: Api):
    assert kind(await api.http.post(PATH, json={})) == (422, "invalid-request")


@pytest.mark.parametrize(
    "body", [{}, {"id": "evt_1", "kind": "exploded", "payment_id": str(uuid4())}], ids=["empty", "unknown"]
)
async def test_what_is_no_event_of_a_payment_is_refused(api: Api, body: dict[str, Any]):
    assert kind(await send(api, body)) == (422, "invalid-value")


async def test_a_worker_of_the_application_notes_what_is_stored(settings: Settings, own_settings: ApiSettings):
    app = create_app(own_settings.model_copy(update={"workers": True, "poll_seconds": 0.05}), settings)
    async with app.router.lifespan_context(app), asyncio.timeout(60):
        db: Database = app.state.database
        payment = await payments.create_payment(db, builders.payment(provider="stripe"))
        new = NewWebhookEvent(
            provider="stripe", event_id="evt_1", kind="failed", payload=event(payment, "failed", failure_code="lost")
        )
        await webhook_events.receive(db, new)
        # Nothing else reports it.
        while (await payments.get_payment(db, payment.id)).status is not PaymentStatus.FAILED:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
