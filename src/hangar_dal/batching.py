"""Split the rows of an import into batches."""

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

from hangar_dal.errors import InvalidValue

T = TypeVar("T")


def batches(rows: Iterable[T], batch_size: int, *, key: Callable[[T], object] | None = None) -> Iterator[list[T]]:
    """Return the rows in lists of `batch_size`; the last list may be shorter, and none is empty.

    With `key`, rows whose key an earlier row of the same list has are left out.
    """
    if type(batch_size) is not int or batch_size < 1:
        raise InvalidValue("batch_size: must be an int of at least 1")
    remaining = iter(rows)
    lists = iter(lambda: list(islice(remaining, batch_size)), [])
    return lists if key is None else (each_once(batch, key) for batch in lists)


def each_once(batch: list[T], key: Callable[[T], object]) -> list[T]:
    """Return the list without the rows whose key an earlier row has."""
    return list({key(row): row for row in reversed(batch)}.values())[::-1]
