"""What somebody writes who uses the driver alone: the floor that the package is held against, on both databases.

The same statements, the same models, the same sealing; written for speed, without the package's checks.
"""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from benchmarks.parts import Part
from hangar_dal import ACCOUNTS, NewSessionCookie, NewUser, SessionCookie, User
from hangar_dal.database.codecs import codec_of
from hangar_dal.sqlblock import Condition, Variant
from hangar_dal.sqlscan import Dialect

USER_FIELDS = tuple(User.model_fields)
SESSION_FIELDS = tuple(SessionCookie.model_fields)
USERS = TypeAdapter(list[User])


class ByHand(Protocol):
    """One open connection and the cases' work done on it."""

    driver: Any

    def opened(self, row: Sequence[Any]) -> dict[str, Any]:
        """A user's row as `User` takes it."""
        ...

    def key(self, value: UUID) -> Any:
        """A key as the driver takes it."""
        ...

    async def bare_user(self, user_id: UUID) -> object:
        """The row as the driver gives it."""
        ...

    async def user(self, user_id: UUID) -> User: ...
    async def bare_users(self, limit: int) -> object: ...
    async def users(self, limit: int) -> list[User]: ...
    async def bare_insert(self, new: NewUser) -> object: ...
    async def insert(self, new: NewUser) -> User: ...
    async def bare_session(self, session_id: UUID) -> object: ...
    async def session(self, session_id: UUID) -> SessionCookie: ...
    async def executemany_parts(self, parts: list[Part]) -> object: ...
    async def executemany_sessions(self, sessions: list[NewSessionCookie]) -> object: ...
    async def command(self, text: str) -> object:
        """What no clock sees: making tables, emptying them."""
        ...


def variant(name: str, dialect: Dialect, **arms: str) -> Variant:
    """The very statement that the package sends; `arms` are the conditions that hold."""
    held = {Condition(argument, value) for argument, value in arms.items()}
    return ACCOUNTS.queries[name].blocks[dialect].variant(held.__contains__)


def statement(name: str, dialect: Dialect, **arms: str) -> str:
    """Its text with the placeholders of the driver."""
    return codec_of(dialect).render(variant(name, dialect, **arms))[0]


def user_values(new: NewUser, hashed_password: str, now: datetime) -> dict[str, Any]:
    """A new account as PostgreSQL takes it, in the order of `insert_user`; its names are ASCII."""
    return {
        "id": new.id,
        "username": new.username,
        "username_fold": new.username and new.username.lower(),
        "username_grams": _grams(new.username),
        "email": new.email,
        "email_fold": new.email and new.email.lower(),
        "email_grams": _grams(new.email),
        "phone_number": new.phone_number,
        "phone_number_grams": _grams(new.phone_number),
        "display_name": new.display_name,
        "display_name_fold": new.display_name.lower(),
        "display_name_grams": _grams(new.display_name),
        "hashed_password": hashed_password,
        "user_type": new.user_type.value,
        "eve_character_id": new.eve_character_id,
        "eve_scopes": new.eve_scopes,
        "status": new.status.value,
        "role": new.role.value,
        "is_test_user": new.is_test_user,
        "is_private": new.is_private,
        "metadata": to_json(new.metadata).decode(),
        "now": now,
    }


def _grams(text: str | None) -> list[str] | None:
    return [text.lower()[at : at + 3] for at in range(len(text) - 2)] if text is not None else None


class Sealer:
    """AES-256-GCM as the package does it, without its checks."""

    def __init__(self, key: str) -> None:
        self._id, _, encoded = key.partition(":")
        self._cipher = AESGCM(b64decode(encoded))

    def seal(self, new: NewSessionCookie) -> str:
        nonce = secrets.token_bytes(12)
        place = self._place(str(new.id), str(new.user_id), new.platform)
        return f"v1.{self._id}.{b64encode(nonce + self._cipher.encrypt(nonce, to_json(new.cookies), place)).decode()}"

    def opened(self, row: Sequence[Any]) -> SessionCookie:
        values = dict(zip(SESSION_FIELDS, row, strict=True))
        sealed = b64decode(values["cookies"].rpartition(".")[2])
        place = self._place(str(values["id"]), str(values["user_id"]), values["platform"])
        values["cookies"] = from_json(self._cipher.decrypt(sealed[:12], sealed[12:], place))
        return SessionCookie.model_validate(values)

    def _place(self, *bound: str) -> bytes:
        parts = [part.encode() for part in (f"v1.{self._id}", "session_cookies", "cookies", *bound)]
        return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
