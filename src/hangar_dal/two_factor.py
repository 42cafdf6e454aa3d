"""Second factors: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for who has lost the device.

`from hangar_dal import two_factor`. Every function takes a `Database` or a `Transaction` first, opened with
`ACCOUNTS`. `accounts` has the functions for applications, which also leave events; docs/accounts.md shows them.
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
from hangar_dal.database import Executor, atomic
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
_RECOVERY_CODE_CHARACTERS: Final = 20  # 100 bits: so many that a fast hash is enough
_MAX_CODE_CHARACTERS: Final = 64
REFUSED: Final = "the code is wrong, has expired, or was used before"


@query
async def insert_pending_two_factor(db: Executor, new: NewTwoFactor) -> TwoFactor:
    """Store a second factor whose secret has been made; `enrol_two_factor` makes one."""
    ...


@query
async def find_two_factor(db: Executor, user_id: UUID) -> TwoFactor | None:
    """The confirmed second factor of a user."""
    ...


@query
async def find_pending_two_factor(db: Executor, user_id: UUID) -> TwoFactor | None:
    """The second factor that a user has begun to set up."""
    ...


@query
async def list_two_factor(db: Executor, user_id: UUID) -> list[TwoFactorSummary]:
    """The second factor of a user and a pending one, without their secrets."""
    ...


@query
async def confirm_two_factor(db: Executor, two_factor_id: UUID, *, step: Step) -> RowCount:
    """Mark a pending second factor as confirmed by the code of this step; 0 if it is no longer pending."""
    ...


@query
async def accept_step(db: Executor, two_factor_id: UUID, *, step: Step) -> RowCount:
    """Note that the code of this step was accepted; 0 if it, or a later one, was accepted before."""
    ...


@query
async def delete_confirmed_two_factor(db: Executor, user_id: UUID) -> RowCount:
    """Delete the second factor of a user and its recovery codes, but not a pending one."""
    ...


@query
async def delete_two_factor(db: Executor, user_id: UUID) -> RowCount:
    """Delete the second factor of a user, its recovery codes, and a pending one; returns how many factors."""
    ...


@query
async def replace_recovery_codes(db: Executor, *, two_factor_id: UUID, code_hashes: list[Sha256]) -> RowCount:
    """Store the hashes of recovery codes; `new_recovery_codes` makes the codes."""
    ...


@query
async def list_recovery_codes(db: Executor, two_factor_id: UUID) -> list[RecoveryCode]:
    """When each recovery code was made and used; the codes themselves are not stored."""
    ...


@query
async def move_recovery_codes(db: Executor, *, two_factor_id: UUID, moved_from: UUID) -> RowCount:
    """Give the recovery codes of the second factor `moved_from` to another one. For `accounts.merge_users`."""
    ...


@query
async def use_recovery_code(db: Executor, *, two_factor_id: UUID, code_hash: Sha256) -> RowCount:
    """Mark a recovery code as used; 0 if there is none with this hash, or it was used before."""
    ...


@query
async def count_recovery_codes(db: Executor, two_factor_id: UUID) -> int:
    """How many recovery codes are left."""
    ...


async def enrol_two_factor(db: Executor, user_id: UUID) -> TwoFactor:
    """Begin to set up a second factor with a new secret; one that was not confirmed is replaced.

    A confirmed one stays in force until the new one is confirmed. `ForeignKeyViolation` if there is no such user.
    """
    new = NewTwoFactor.model_construct(id=uuid7(), user_id=user_id, secret=totp.new_secret())
    return await insert_pending_two_factor(db, new)


async def complete_two_factor(db: Executor, user_id: UUID, code: SecretStr) -> list[SecretStr]:
    """Confirm the pending second factor by its first correct code, and return its recovery codes.

    It takes the place of a confirmed one, whose recovery codes are deleted. The code cannot be used again.
    `SecondFactorInvalid` for a wrong code, or if nothing is pending.
    """
    check_code_type(code)
    async with atomic(db) as tx:
        pending = await find_pending_two_factor(tx, user_id)
        step = _matching_step(pending, code, db.now()) if pending else None
        if pending is None or step is None:
            raise SecondFactorInvalid(REFUSED)
        await delete_confirmed_two_factor(tx, user_id)
        if not await confirm_two_factor(tx, pending.id, step=step):
            raise SecondFactorInvalid(REFUSED)  # which undoes the deletion
        return await renew_recovery_codes(tx, pending)


async def use_app_code(db: Executor, factor: TwoFactor, code: SecretStr) -> bool:
    """Accept a code of the user's app; False if it is wrong, or it or a later one was accepted before."""
    check_code_type(code)
    step = _matching_step(factor, code, db.now())
    return step is not None and bool(await accept_step(db, factor.id, step=step))


async def spend_recovery_code(db: Executor, factor: TwoFactor, code: SecretStr) -> bool:
    """Accept a recovery code, in capital or small letters, with or without hyphens; False if it is wrong or used."""
    check_code_type(code)
    code_hash = _recovery_code_hash(code)
    return bool(await use_recovery_code(db, two_factor_id=factor.id, code_hash=code_hash))


async def renew_recovery_codes(db: Executor, factor: TwoFactor) -> list[SecretStr]:
    """Replace all recovery codes of a second factor by ten new ones, which cannot be read again."""
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    hashes = [_recovery_code_hash(code) for code in codes]
    await replace_recovery_codes(db, two_factor_id=factor.id, code_hashes=hashes)
    return codes


def _new_recovery_code() -> SecretStr:
    """Return 20 characters of a to z and 2 to 7, in groups of five: 100 random bits."""
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()[:_RECOVERY_CODE_CHARACTERS]
    return SecretStr("-".join(text[start : start + 5] for start in range(0, _RECOVERY_CODE_CHARACTERS, 5)))


def check_code_type(code: SecretStr) -> None:
    """Raise `InvalidValue` for what is no `SecretStr`."""
    if not isinstance(code, SecretStr):
        raise InvalidValue(f"code: expected SecretStr, got {type(code).__name__}")


# Nothing is raised below, where error reports would record the code in clear.


def _matching_step(factor: TwoFactor, code: SecretStr, now: datetime) -> int | None:
    return totp.matching_step(factor.secret, _plain(code), now)


def _recovery_code_hash(code: SecretStr) -> str:
    return sha256(_plain(code).encode(errors="replace")).hexdigest()


def _plain(code: SecretStr) -> str:
    """Return a code without the spaces and hyphens that people type between groups, in small letters."""
    text = code.get_secret_value()
    return text.replace(" ", "").replace("-", "").lower() if len(text) <= _MAX_CODE_CHARACTERS else ""
