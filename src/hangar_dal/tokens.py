"""Random tokens that this package issues. They are shown once and stored only as SHA-256 hashes.

A fast hash is enough here, unlike for passwords: nobody can guess 256 random bits. A stored hash is found through the
unique index of its column. The duration of that search reveals something about the hash only, not about the token.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

from pydantic import SecretStr

from hangar_dal.errors import InvalidValue, raise_alone

TOKEN_BYTES: Final = 32
MAX_TOKEN_CHARACTERS: Final = 512


def new_token() -> SecretStr:
    """Return a new token: 256 bits from the system's secure random source, as 43 URL-safe characters."""
    return SecretStr(secrets.token_urlsafe(TOKEN_BYTES))


def token_hash(token: SecretStr) -> str:
    """Return the SHA-256 hash of a token as 64 lower-case hexadecimal digits, to store and to search for.

    Raises `InvalidValue` for a text that cannot be a token: empty, too long, or not ASCII.
    """
    if not may_be_token(token):
        raise InvalidValue(f"token: must be 1 to {MAX_TOKEN_CHARACTERS} ASCII characters")
    return hashlib.sha256(token.get_secret_value().encode("ascii")).hexdigest()


def may_be_token(token: SecretStr) -> bool:
    """Return whether `token_hash` accepts this token. Raises `InvalidValue` unless it is a `SecretStr`."""
    if not isinstance(token, SecretStr):
        raise InvalidValue(f"token: expected SecretStr, got {type(token).__name__}")
    text = token.get_secret_value()  # raise nothing below, because error reports would record the token
    return 0 < len(text) <= MAX_TOKEN_CHARACTERS and text.isascii()


def lifetime_end(now: datetime, name: str, lifetime: timedelta) -> datetime:
    """Return the end of a lifetime that begins now. Raises `InvalidValue` with `name` if the lifetime is not valid."""
    if not isinstance(lifetime, timedelta):
        raise InvalidValue(f"{name}: expected timedelta, got {type(lifetime).__name__}")
    if lifetime <= timedelta(0):
        raise InvalidValue(f"{name}: must be longer than 0 seconds")
    try:
        return now + lifetime
    except OverflowError:
        raise_alone(InvalidValue(f"{name}: must end before the year 10000"))
