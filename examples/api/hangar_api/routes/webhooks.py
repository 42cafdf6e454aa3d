"""What payment providers report. An event is stored once, and a worker does the rest."""

import hmac
from hashlib import sha256
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, HTTPException, Request, status
from pydantic import BaseModel, ConfigDict, ValidationError

from hangar_api.dependencies import Configured, Db
from hangar_api.payment_events import PaymentEvent
from hangar_dal import webhook_events
from hangar_dal.errors import InvalidValue, NotFound
from hangar_dal.webhook_events import EventStatus, NewWebhookEvent, WebhookEvent

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
_MOST_SECONDS = 300  # a request that is older may be the copy of one that somebody has seen


class Received(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    status: EventStatus

    @classmethod
    def of(cls, event: WebhookEvent) -> "Received":
        return cls.model_validate(event)


@router.post("/{provider}", status_code=status.HTTP_202_ACCEPTED)
async def receive(
    provider: str,
    request: Request,
    settings: Configured,
    db: Db,
    x_timestamp: Annotated[int, Header()],
    x_signature: Annotated[str, Header(max_length=64)],
) -> Received:
    """`X-Signature` is the HMAC-SHA256 of `X-Timestamp`, a point and the body, with the secret of the provider.

    Sent again, an event is stored once.
    """
    secret = settings.webhook_secrets.get(provider)
    if secret is None:
        raise NotFound("no such provider")
    body = await request.body()
    signed = hmac.new(secret.get_secret_value().encode(), b"%d." % x_timestamp + body, sha256).hexdigest()
    if not hmac.compare_digest(signed.encode(), x_signature.encode()):
        raise HTTPException(401, "The signature is wrong.")
    if abs(db.now().timestamp() - x_timestamp) > _MOST_SECONDS:
        raise HTTPException(401, "The request is too old.")
    try:
        event = PaymentEvent.model_validate_json(body)
    except ValidationError:
        raise InvalidValue("the body: it is no event of a payment") from None
    new = NewWebhookEvent(
        provider=provider,
        event_id=event.id,
        kind=event.kind,
        object_key=str(event.payment_id),
        payload=event.model_dump(mode="json"),
    )
    return Received.of(await webhook_events.receive(db, new))
