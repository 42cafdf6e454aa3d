"""The rows of an import, in batches."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

from hangar_dal.errors import InvalidValue

T = TypeVar("T")


def batches(rows: Iterable[T], batch_size: int) -> Iterator[list[T]]:
    """Return the rows in lists of `batch_size`; the last list may be shorter, and none is empty."""
    if type(batch_size) is not int or batch_size < 1:
        raise InvalidValue("batch_size: must be an int of at least 1")
    remaining = iter(rows)
    return iter(lambda: list(islice(remaining, batch_size)), [])
