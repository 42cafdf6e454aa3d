"""Record the security event of a change in the same transaction."""

from uuid import UUID

from hangar_dal import security_events
from hangar_dal.accounts.user_agents import storable
from hangar_dal.database import Executor
from hangar_dal.security_events import NewSecurityEvent, SecurityEventKind
from hangar_dal.values import uuid7


async def record(
    db: Executor,
    kind: SecurityEventKind,
    user_id: UUID | None,
    *,
    actor_id: UUID | None = None,
    user_agent: str | None,
    source: str | None,
) -> None:
    """Store a security event. The query validates `source`."""
    agent = storable(user_agent)
    new = NewSecurityEvent.model_construct(
        id=uuid7(), kind=kind, user_id=user_id, actor_id=actor_id, source=source, user_agent=agent
    )
    await security_events.record_security_event(db, new)
