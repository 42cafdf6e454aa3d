"""Pages, and opaque cursors: the sort key of the last row of a page, for the client to give back and not to read.

Each route names its list's sort key by the fields of the row:

    _KEY = ("created_at", "id")
    rows = await videos.list_videos_of_owner(db, owner_id, after=row_of(cursor, Video, _KEY), limit=limit)
    return page(rows, limit, _KEY, VideoResponse.of)
"""

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, get_type_hints

from fastapi import Query
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from hangar_dal.errors import InvalidValue

T = TypeVar("T")
R = TypeVar("R", bound=BaseModel)

Cursor = Annotated[str | None, Query(max_length=1000, description="`next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=100)]


class Page(BaseModel, Generic[T]):
    """`next_cursor` is None on the last page."""

    items: list[T]
    next_cursor: str | None


def page(rows: Sequence[R], limit: int, key: tuple[str, ...], shown: Callable[[R], T]) -> Page[T]:
    """A page of rows as clients see them. A page that is not full is the last one."""
    return Page(items=[shown(row) for row in rows], next_cursor=next_cursor(rows, limit, key))


def next_cursor(rows: Sequence[BaseModel], limit: int, key: tuple[str, ...]) -> str | None:
    if len(rows) < limit:
        return None
    text = to_json([getattr(rows[-1], name) for name in key])
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def row_of(cursor: str | None, kind: type[R], key: tuple[str, ...]) -> R | None:
    """The last row of the page before, of which only the sort key is known. None on the first page."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        given = zip(key, from_json(text), strict=True)
        values = {name: _type_of(kind, name).validate_python(value) for name, value in given}
    except (binascii.Error, ValueError, TypeError, ValidationError):
        raise InvalidValue("cursor: this API did not make it; begin with the first page") from None
    return kind.model_construct(**values)


@cache
def _type_of(kind: type[BaseModel], field: str) -> TypeAdapter[Any]:
    return TypeAdapter(get_type_hints(kind)[field])
