"""How the tests of webhook events store one."""

from typing import Any

from hangar_dal import builders, webhook_events
from hangar_dal.database import Executor
from hangar_dal.webhook_events import WebhookEvent


async def receive(db: Executor, payload: dict[str, Any], **given: Any) -> WebhookEvent:
    return await webhook_events.receive(db, builders.webhook_event(payload=payload, **given))
