"""Shared parts of all builders: a counter, instants, and defaults that given fields override."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from hangar_dal.models.row import Row

M = TypeVar("M", bound=Row)

EARLIER: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""The earliest instant. All other past instants of the builders are later."""
LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""The expiry of everything that builders create."""

numbers = count(1)


def built(model: type[M], fields: Mapping[str, Any], **defaults: Any) -> M:
    """Return the model with these fields, and with defaults for the other fields."""
    return model(**{**defaults, **fields})


def past(number: int) -> datetime:
    """Return the instant of a number; a higher number gives a later instant."""
    return EARLIER + timedelta(minutes=number)


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


def id_of(given: HasId | UUID) -> UUID:
    return given if isinstance(given, UUID) else given.id
