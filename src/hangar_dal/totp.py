"""Six-digit codes that change every 30 seconds: TOTP (RFC 6238), as all authenticator apps support it.

The codes are computed by `cryptography`.
"""

import base64
import secrets
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Final

from pydantic import SecretStr

from hangar_dal.extras import needing

with needing("accounts"):
    from cryptography.hazmat.primitives.hashes import SHA1
    from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS: Final = 6
STEP: Final = timedelta(seconds=30)
SECRET_BYTES: Final = 20  # as RFC 4226 recommends

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The codes of the previous and next step are accepted too, for clocks that differ and users who type slowly.
_STEPS_ASIDE: Final = 1


def new_secret() -> str:
    """Return a new secret of 160 random bits as 32 base32 characters, which users can type into an app."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, step: int) -> str:
    """Return the code of a time step. Steps are 30 seconds long and counted from 1970."""
    return _totp(secret).generate(step * int(STEP.total_seconds())).decode()


def step_at(now: datetime) -> int:
    """Return the number of the time step that contains an instant."""
    return (now - _EPOCH) // STEP


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the current, previous or next time step if the code belongs to it; otherwise None."""
    if len(code) != DIGITS or not code.isascii():
        return None
    around = range(max(0, step_at(now) - _STEPS_ASIDE), max(0, step_at(now) + _STEPS_ASIDE + 1))
    return max((step for step in around if compare_digest(code_at(secret, step), code)), default=None)


def provisioning_uri(secret: str, *, account: str, issuer: str) -> SecretStr:
    """Return the `otpauth:` URI for a QR code. It contains the secret; apps show the issuer and the account."""
    uri = _totp(secret).get_provisioning_uri(account, issuer)
    return SecretStr(uri.replace("+", "%20"))  # the library encodes a space as +, which not every app decodes


def _totp(secret: str) -> TOTP:
    # The apps support SHA-1 only. Its weakness, collisions, does not matter for HMAC.
    return TOTP(base64.b32decode(secret), DIGITS, SHA1(), int(STEP.total_seconds()))  # noqa: S303
