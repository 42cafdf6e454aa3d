"""The second factor of a user: set it up, verify its codes, and remove it."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import sign_in_failures, totp, two_factor, users
from hangar_dal.accounts.events import record
from hangar_dal.database import Database, Executor, Transaction, atomic
from hangar_dal.database.executor import refuse_transaction
from hangar_dal.errors import (
    ForeignKeyViolation,
    InvalidValue,
    NotFound,
    SecondFactorInvalid,
    SecondFactorRequired,
)
from hangar_dal.models.row import Row
from hangar_dal.security_events import SecurityEventKind
from hangar_dal.two_factor import REFUSED, TwoFactor, check_code_type
from hangar_dal.values import check_text

_REQUIRED: Final = "the account has a second factor; sign in again with a code of its app or a recovery code"
_COMMITS: Final = (
    "a failure must be committed before the error is raised. Call verify_second_factor outside of transactions."
)
_NONE: Final = "the user has no second factor, or has not confirmed it yet"


@dataclass(frozen=True, slots=True)
class CodeGuess:
    """A code attempt that was counted as wrong. `is_allowed` is False after too many wrong codes."""

    user_id: UUID
    is_allowed: bool
    has_locked: bool


class SecondFactorSetup(Row):
    """The data for the user's app: the URI for a QR code, and the secret to type. Show both only once."""

    secret: SecretStr
    uri: SecretStr


async def start_second_factor(
    db: Executor, user_id: UUID, *, issuer: str, source: str | None = None, user_agent: str | None = None
) -> SecondFactorSetup:
    """Create a new secret for the user's authenticator app, which shows `issuer` as the name of your application.

    An existing second factor stays valid until `confirm_second_factor`. If there is one, call `verify_second_factor`
    first, so that a session alone is not enough to replace it. Raises `NotFound` if there is no such user. The event is
    SECOND_FACTOR_RESTARTED if a pending second factor is replaced.
    """
    if not isinstance(issuer, str):
        raise InvalidValue(f"issuer: expected str, got {type(issuer).__name__}")
    if not issuer:
        raise InvalidValue("issuer: must not be empty; pass the name of your application")
    check_text("issuer", issuer)
    async with atomic(db) as tx:
        user = await users.get_user(tx, user_id)
        _, is_restart = await _find_states(tx, user_id)
        pending = await two_factor.enrol_two_factor(tx, user_id)
        kind = SecurityEventKind.SECOND_FACTOR_RESTARTED if is_restart else SecurityEventKind.SECOND_FACTOR_STARTED
        await record(tx, kind, user_id, source=source, user_agent=user_agent)
    account = user.email or user.username or user.display_name
    uri = totp.provisioning_uri(pending.secret, account=account, issuer=issuer)
    return SecondFactorSetup(secret=SecretStr(pending.secret), uri=uri)


async def confirm_second_factor(
    db: Executor, user_id: UUID, code: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> list[SecretStr]:
    """Confirm the pending second factor with a code of the app; return ten recovery codes, to be shown once.

    It replaces an earlier second factor and its recovery codes; the event is then SECOND_FACTOR_REPLACED. Raises
    `SecondFactorInvalid` if the code is wrong or no second factor is pending.
    """
    async with atomic(db) as tx:
        is_replaced, _ = await _find_states(tx, user_id)
        codes = await two_factor.complete_two_factor(tx, user_id, code)
        kind = SecurityEventKind.SECOND_FACTOR_REPLACED if is_replaced else SecurityEventKind.SECOND_FACTOR_ENABLED
        await record(tx, kind, user_id, source=source, user_agent=user_agent)
    return codes


async def verify_second_factor(
    db: Database, user_id: UUID, code: SecretStr, *, source: str | None = None, user_agent: str | None = None
) -> None:
    """Verify a code of a signed-in user, for example before a change. Returns None if the code is right.

    Raises `SecondFactorInvalid` for a wrong or used code, after too many failures, and if the user has no second
    factor. Each failure is counted and recorded as an event; a success resets the count. For a sign-in, pass the code
    to `sign_in`.
    """
    refuse_transaction(db, _COMMITS)
    check_code_type(code)
    guess = await count_guess(db, user_id)

    async def verify(tx: Transaction) -> None:
        factor = await two_factor.find_two_factor(tx, user_id)
        if factor is None:
            raise SecondFactorInvalid(REFUSED)
        kind = await _use(tx, factor, code)
        await sign_in_failures.delete_sign_in_failures(tx, sign_in_failures.second_factor_key(user_id))
        await record(tx, kind, user_id, source=source, user_agent=user_agent)

    if guess.is_allowed:
        try:
            return await db.in_transaction(verify)
        except SecondFactorInvalid:
            pass
    kind = SecurityEventKind.LOCKED if guess.has_locked else SecurityEventKind.SECOND_FACTOR_FAILED
    await record(db, kind, user_id, source=source, user_agent=user_agent)
    raise SecondFactorInvalid(REFUSED)


async def disable_second_factor(
    db: Executor,
    user_id: UUID,
    *,
    actor_id: UUID | None = None,
    source: str | None = None,
    user_agent: str | None = None,
) -> bool:
    """Remove the second factor and its recovery codes; False if there was no confirmed second factor.

    `actor_id` is the administrator who does this for a user who lost device and codes. If users do it themselves, call
    `verify_second_factor` first.
    """
    async with atomic(db) as tx:
        was_in_force = bool(await two_factor.delete_confirmed_two_factor(tx, user_id))
        await sign_in_failures.delete_sign_in_failures(tx, sign_in_failures.second_factor_key(user_id))
        await two_factor.delete_two_factor(tx, user_id)
        if was_in_force:
            kind = SecurityEventKind.SECOND_FACTOR_DISABLED
            await record(tx, kind, user_id, actor_id=actor_id, source=source, user_agent=user_agent)
    return was_in_force


async def renew_recovery_codes(
    db: Executor, user_id: UUID, *, source: str | None = None, user_agent: str | None = None
) -> list[SecretStr]:
    """Replace all recovery codes and return ten new codes, to be shown once.

    Raises `NotFound` if there is no confirmed second factor.
    """
    async with atomic(db) as tx:
        factor = await two_factor.find_two_factor(tx, user_id)
        if factor is None:
            raise NotFound(_NONE)
        try:
            codes = await two_factor.renew_recovery_codes(tx, factor)
        except ForeignKeyViolation:  # it was disabled or replaced in the meantime
            raise NotFound(_NONE) from None
        await record(tx, SecurityEventKind.RECOVERY_CODES_CHANGED, user_id, source=source, user_agent=user_agent)
    return codes


async def count_guess(db: Database, user_id: UUID) -> CodeGuess:
    """Count a code as wrong before it is compared, so that concurrent codes cannot exceed the limit."""
    counted = await sign_in_failures.count_attempt(db, sign_in_failures.second_factor_key(user_id))
    has_locked = counted is not None and counted.locked_until is not None
    return CodeGuess(user_id, is_allowed=counted is not None, has_locked=has_locked)


async def check_code(
    tx: Transaction,
    user_id: UUID,
    code: SecretStr | None,
    guess: CodeGuess | None,
    *,
    source: str | None,
    user_agent: str | None,
) -> None:
    """Accept the code of a sign-in. A user without a second factor needs no code, and a given code is ignored.

    Raises `SecondFactorRequired` without a code, and `SecondFactorInvalid` for a wrong or used code or after too many
    failures.
    """
    if guess is not None:
        await sign_in_failures.delete_sign_in_failures(tx, sign_in_failures.second_factor_key(user_id))
    factor = await two_factor.find_two_factor(tx, user_id)
    if factor is None:
        return
    if code is None:
        raise SecondFactorRequired(_REQUIRED)
    if guess is None or not guess.is_allowed:
        raise SecondFactorInvalid(REFUSED)  # the rollback undoes the deletion above
    kind = await _use(tx, factor, code)
    if kind is SecurityEventKind.RECOVERY_CODE_USED:
        await record(tx, kind, user_id, source=source, user_agent=user_agent)


async def _find_states(tx: Transaction, user_id: UUID) -> tuple[bool, bool]:
    """Return whether the user has a confirmed second factor, and whether the user has a pending one."""
    found = await two_factor.list_two_factor(tx, user_id)
    return any(factor.confirmed_at for factor in found), any(factor.confirmed_at is None for factor in found)


async def _use(tx: Transaction, factor: TwoFactor, code: SecretStr) -> SecurityEventKind:
    """Accept a code of the app or a recovery code, and return the kind of event to record."""
    if await two_factor.use_app_code(tx, factor, code):
        return SecurityEventKind.SECOND_FACTOR_VERIFIED
    if await two_factor.spend_recovery_code(tx, factor, code):
        return SecurityEventKind.RECOVERY_CODE_USED
    raise SecondFactorInvalid(REFUSED)
