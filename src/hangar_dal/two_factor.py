"""Second factors: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for users who lost their device.

`from hangar_dal import two_factor`. Every function takes a `Database` or a `Transaction` first, opened with `ACCOUNTS`.
Applications usually call the functions in `accounts`, which also record security events; see docs/accounts.md.
"""
# mypy: disable-error-code="empty-body"

import base64
import secrets
from datetime import datetime
from hashlib import sha256
from typing import Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import totp
from hangar_dal.catalogs import ACCOUNTS
from hangar_dal.database import Executor, atomic, time_of
from hangar_dal.errors import InvalidValue, SecondFactorInvalid
from hangar_dal.models.row import Sha256
from hangar_dal.models.two_factor import NewTwoFactor, Step
from hangar_dal.models.two_factor import RecoveryCode as RecoveryCode
from hangar_dal.models.two_factor import TwoFactor as TwoFactor
from hangar_dal.models.two_factor import TwoFactorSummary as TwoFactorSummary
from hangar_dal.query import RowCount
from hangar_dal.values import uuid7

query = ACCOUNTS.query

RECOVERY_CODES: Final = 10
_RECOVERY_CODE_CHARACTERS: Final = 20  # 100 random bits, so a fast hash is safe
_MAX_CODE_CHARACTERS: Final = 64
REFUSED: Final = "the code is wrong, has expired, or was used before"


@query
async def insert_pending_two_factor(db: Executor, new: NewTwoFactor) -> TwoFactor:
    """Store a pending second factor. `enrol_two_factor` creates its secret."""
    ...


@query
async def find_two_factor(db: Executor, user_id: UUID) -> TwoFactor | None:
    """Return the confirmed second factor of a user; None if there is none."""
    ...


@query
async def find_pending_two_factor(db: Executor, user_id: UUID) -> TwoFactor | None:
    """Return the pending second factor of a user, which is not confirmed yet; None if there is none."""
    ...


@query
async def list_two_factor(db: Executor, user_id: UUID) -> list[TwoFactorSummary]:
    """Return the confirmed and the pending second factor of a user, without their secrets."""
    ...


@query
async def confirm_two_factor(db: Executor, two_factor_id: UUID, *, step: Step) -> RowCount:
    """Mark a pending second factor as confirmed by the code of this time step; 0 if it is no longer pending."""
    ...


@query
async def accept_step(db: Executor, two_factor_id: UUID, *, step: Step) -> RowCount:
    """Record that the code of this time step was accepted; 0 if this code or a later one was accepted before."""
    ...


@query
async def delete_confirmed_two_factor(db: Executor, user_id: UUID) -> RowCount:
    """Delete the confirmed second factor of a user and its recovery codes, but not a pending second factor."""
    ...


@query
async def delete_two_factor(db: Executor, user_id: UUID) -> RowCount:
    """Delete a user's confirmed and pending second factors and the recovery codes; return the number of factors."""
    ...


@query
async def replace_recovery_codes(db: Executor, *, two_factor_id: UUID, code_hashes: list[Sha256]) -> RowCount:
    """Replace the hashes of the recovery codes. `renew_recovery_codes` creates the codes."""
    ...


@query
async def list_recovery_codes(db: Executor, two_factor_id: UUID) -> list[RecoveryCode]:
    """Return when each recovery code was created and used. The codes themselves are not stored."""
    ...


@query
async def move_recovery_codes(db: Executor, *, two_factor_id: UUID, moved_from: UUID) -> RowCount:
    """Give the recovery codes of the second factor `moved_from` to another one. Used by `accounts.merge_users`."""
    ...


@query
async def use_recovery_code(db: Executor, *, two_factor_id: UUID, code_hash: Sha256) -> RowCount:
    """Mark a recovery code as used; 0 if no code has this hash or the code was used before."""
    ...


@query
async def count_recovery_codes(db: Executor, two_factor_id: UUID) -> int:
    """Return the number of unused recovery codes."""
    ...


async def enrol_two_factor(db: Executor, user_id: UUID) -> TwoFactor:
    """Begin to set up a second factor with a new secret. It replaces a pending one.

    A confirmed second factor stays valid until the new one is confirmed. Raises `ForeignKeyViolation` if there is no
    such user.
    """
    new = NewTwoFactor.model_construct(id=uuid7(), user_id=user_id, secret=totp.new_secret())
    return await insert_pending_two_factor(db, new)


async def complete_two_factor(db: Executor, user_id: UUID, code: SecretStr) -> list[SecretStr]:
    """Confirm the pending second factor by its first correct code, and return its recovery codes.

    It replaces a confirmed second factor, whose recovery codes are deleted. The code cannot be used again. Raises
    Raises `SecondFactorInvalid` if the code is wrong or no second factor is pending.
    """
    check_code_type(code)
    async with atomic(db) as tx:
        pending = await find_pending_two_factor(tx, user_id)
        step = _matching_step(pending, code, time_of(db)) if pending else None
        if pending is None or step is None:
            raise SecondFactorInvalid(REFUSED)
        await delete_confirmed_two_factor(tx, user_id)
        if not await confirm_two_factor(tx, pending.id, step=step):
            raise SecondFactorInvalid(REFUSED)  # the rollback undoes the deletion
        return await renew_recovery_codes(tx, pending)


async def use_app_code(db: Executor, factor: TwoFactor, code: SecretStr) -> bool:
    """Accept a code of the user's app; False if the code is wrong, or this code or a later one was accepted before."""
    check_code_type(code)
    step = _matching_step(factor, code, time_of(db))
    return step is not None and bool(await accept_step(db, factor.id, step=step))


async def spend_recovery_code(db: Executor, factor: TwoFactor, code: SecretStr) -> bool:
    """Accept a recovery code, ignoring case and hyphens; False if the code is wrong or was used before."""
    check_code_type(code)
    code_hash = _recovery_code_hash(code)
    return bool(await use_recovery_code(db, two_factor_id=factor.id, code_hash=code_hash))


async def renew_recovery_codes(db: Executor, factor: TwoFactor) -> list[SecretStr]:
    """Replace all recovery codes of a second factor with ten new codes and return them.

    Only their hashes are stored.
    """
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [_recovery_code_hash(code) for code in codes]
    await replace_recovery_codes(db, two_factor_id=factor.id, code_hashes=hashes)
    return codes


def _new_recovery_code() -> SecretStr:
    """Return a recovery code of 100 random bits: 20 characters of a-z and 2-7 in groups of five."""
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()[:_RECOVERY_CODE_CHARACTERS]
    return SecretStr("-".join(text[start : start + 5] for start in range(0, _RECOVERY_CODE_CHARACTERS, 5)))


def check_code_type(code: SecretStr) -> None:
    """Raise `InvalidValue` unless the code is a `SecretStr`."""
    if not isinstance(code, SecretStr):
        raise InvalidValue(f"code: expected SecretStr, got {type(code).__name__}")


# The functions below raise nothing, because error reports would record the code in plain text.


def _matching_step(factor: TwoFactor, code: SecretStr, now: datetime) -> int | None:
    return totp.matching_step(factor.secret, _plain(code), now)


def _recovery_code_hash(code: SecretStr) -> str:
    return sha256(_plain(code).encode(errors="replace")).hexdigest()


def _plain(code: SecretStr) -> str:
    """Return a code in lower case without spaces and hyphens; an empty string if the code is too long."""
    text = code.get_secret_value()
    return text.replace(" ", "").replace("-", "").lower() if len(text) <= _MAX_CODE_CHARACTERS else ""
