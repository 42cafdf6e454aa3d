"""Change a user's profile, status or role. The database keeps the last active administrator."""

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
    """Change the fields that are given, as `users.update_user` does, and record each one that gets another value.

    The events name the fields, such as EMAIL_CHANGED, and never hold a value. `actor_id` is the administrator who does
    it for another user. Sessions go on.
    """
    async with atomic(db) as tx:
        await users.lock_users(tx, first=user_id, second=user_id)  # so that no other change comes between
        before = await users.get_user(tx, user_id)
        user = await users.update_user(tx, user_id, **changes)
        for name in changes:
            # As JSON: True and 1 within metadata are equal in Python.
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
    """Activate, suspend, deactivate or mark a user as deleted, as the administrator `actor_id`.

    All but ACTIVE ends the user's sessions, and no link that was sent to them works any more. `TriggerViolation` with
    the constraint `last_administrator` if no active administrator would be left.
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
    """Give a user a role, as the administrator `actor_id`. Sessions go on, so let your access tokens expire soon.

    `TriggerViolation` with the constraint `last_administrator` if no active administrator would be left.
    """
    async with atomic(db) as tx:
        user = await users.set_user_role(tx, user_id, role)
        kind = SecurityEventKind.ROLE_CHANGED
        await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return user
