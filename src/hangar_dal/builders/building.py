"""What all builders share: the count of what was built, instants, and defaults that given fields replace."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from hangar_dal.models.row import Row

M = TypeVar("M", bound=Row)

EARLIER: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Before every instant that a builder gives to the past."""
LATER: Final = datetime(2100, 1, 1, tzinfo=UTC)
"""When something expires that a builder makes."""

numbers = count(1)


def built(model: type[M], fields: Mapping[str, Any], **defaults: Any) -> M:
    """The model with these fields, and the defaults for those that are not given."""
    return model(**{**defaults, **fields})


def past(number: int) -> datetime:
    """An instant for this number; the next number has a later one."""
    return EARLIER + timedelta(minutes=number)


class HasId(Protocol):
    @property
    def id(self) -> UUID: ...


def id_of(given: HasId | UUID) -> UUID:
    return given if isinstance(given, UUID) else given.id
