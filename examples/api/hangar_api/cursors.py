"""Opaque cursors: the sort key of the last row of a page, for the client to give back and not to read."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from hangar_dal import User, refresh_tokens, security_events
from hangar_dal.errors import InvalidValue

T = TypeVar("T")
K = TypeVar("K", bound=BaseModel)

Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]


class Page(BaseModel, Generic[T]):
    """`next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None


class _Key(BaseModel):
    model_config = ConfigDict(extra="forbid", from_attributes=True, hide_input_in_errors=True)


class _UserKey(_Key):
    id: UUID
    created_at: AwareDatetime
    display_name: str


class _SessionKey(_Key):
    jti: UUID
    issued_at: AwareDatetime


class _EventKey(_Key):
    id: UUID
    occurred_at: AwareDatetime


def user_after(cursor: str | None) -> User | None:
    """The last user of the page before, of which only the sort keys are known."""
    return User.model_construct(**_read(_UserKey, cursor)) if cursor is not None else None


def session_after(cursor: str | None) -> refresh_tokens.RefreshToken | None:
    return refresh_tokens.RefreshToken.model_construct(**_read(_SessionKey, cursor)) if cursor is not None else None


def event_after(cursor: str | None) -> security_events.SecurityEvent | None:
    return security_events.SecurityEvent.model_construct(**_read(_EventKey, cursor)) if cursor is not None else None


def user_cursor(rows: Sequence[User], limit: int) -> str | None:
    return _write(_UserKey, rows, limit)


def session_cursor(rows: Sequence[refresh_tokens.RefreshToken], limit: int) -> str | None:
    return _write(_SessionKey, rows, limit)


def event_cursor(rows: Sequence[security_events.SecurityEvent], limit: int) -> str | None:
    return _write(_EventKey, rows, limit)


def _write(kind: type[K], rows: Sequence[object], limit: int) -> str | None:
    if len(rows) < limit:
        return None
    text = kind.model_validate(rows[-1]).model_dump_json()
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(kind: type[K], cursor: str) -> dict[str, Any]:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return kind.model_validate_json(text).model_dump()
    except (binascii.Error, ValueError, ValidationError):
        raise InvalidValue("cursor: this API did not make it; begin with the first page") from None
