"""Change a user's profile, status or role. A trigger protects the last active administrator."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from typing_extensions import Unpack

from hangar_dal import one_time_tokens, refresh_tokens, users
from hangar_dal.accounts.events import record
from hangar_dal.database import Executor, atomic
from hangar_dal.models.users import User, UserChanges, UserRole, UserStatus
from hangar_dal.security_events import SecurityEventKind

_CHANGED: Final[Mapping[str, SecurityEventKind]] = MappingProxyType(
    {name: SecurityEventKind[f"{name.upper()}_CHANGED"] for name in UserChanges.__annotations__}
)


async def update_user(
    db: Executor,
    user_id: UUID,
    *,
    actor_id: UUID | None = None,
    source: str | None = None,
    user_agent: str | None = None,
    **changes: Unpack[UserChanges],
) -> User:
    """Change the given fields like `users.update_user`, and record an event for each field whose value changes.

    The events name the fields, such as EMAIL_CHANGED, and never contain values. `actor_id` is the administrator who
    changes another user. Sessions continue.
    """
    async with atomic(db) as tx:
        await users.lock_users(tx, first=user_id, second=user_id)  # so that no concurrent change intervenes
        before = await users.get_user(tx, user_id)
        user = await users.update_user(tx, user_id, **changes)
        for name in changes:
            # Compare as JSON, because True and 1 in metadata are equal in Python.
            if user.model_dump_json(include={name}) != before.model_dump_json(include={name}):
                await record(tx, _CHANGED[name], user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return user


async def set_status(
    db: Executor,
    user_id: UUID,
    status: UserStatus,
    *,
    actor_id: UUID,
    source: str | None = None,
    user_agent: str | None = None,
) -> User:
    """Set the status of a user, as the administrator `actor_id`.

    Any status except ACTIVE ends the user's sessions and invalidates the links that were sent to the user. Raises
    Raises `TriggerViolation` with the constraint `last_administrator` if no active administrator would be left.
    """
    async with atomic(db) as tx:
        user = await users.set_user_status(tx, user_id, status)
        if not user.is_active:
            await refresh_tokens.revoke_sessions(tx, user_id=user_id)
            await one_time_tokens.delete_one_time_tokens(tx, user_id)
        kind = SecurityEventKind.STATUS_CHANGED
        await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return user


async def set_role(
    db: Executor,
    user_id: UUID,
    role: UserRole,
    *,
    actor_id: UUID,
    source: str | None = None,
    user_agent: str | None = None,
) -> User:
    """Set the role of a user, as the administrator `actor_id`.

    Access tokens that were issued before keep the old role until they expire, so let them expire soon.

    Raises `TriggerViolation` with the constraint `last_administrator` if no active administrator would be left.
    """
    async with atomic(db) as tx:
        user = await users.set_user_role(tx, user_id, role)
        kind = SecurityEventKind.ROLE_CHANGED
        await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return user
