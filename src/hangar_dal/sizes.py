"""Size limits of values, and the size above which values are encoded in a thread instead of on the event loop.

The limits are checked early: while a document is traversed, and before a list is read.
"""

import asyncio
from collections.abc import Iterable
from typing import Final

from hangar_dal.errors import InvalidValue

MAX_JSON_BYTES: Final = 1 << 20  # one document
MAX_LIST_ITEMS: Final = 100_000  # one list of values
MAX_ROWS: Final = 10_000  # one list of models
MAX_CALL_BYTES: Final = 16 << 20  # the texts of one list of values, or the JSON of one list of models

# Encoding this much takes about two milliseconds.
_INLINE_BYTES: Final = 32 << 10
_INLINE_ITEMS: Final = 2_000


class LargeOnLoop(Exception):
    """Raised if a value is too large to be encoded on the event loop. The caller encodes it again in a thread."""


class Room:
    """The rest of a limit in bytes, while a value is traversed or written."""

    __slots__ = ("_inline", "_left", "_message")

    def __init__(self, most: int, message: str) -> None:
        self._left = most
        self._inline = most - _INLINE_BYTES
        self._message = message

    def take(self, size: int) -> None:
        """Subtract `size`.

        Raise `InvalidValue` above the limit, and `LargeOnLoop` if the event loop would be blocked.
        """
        self._left -= size
        if self._left < self._inline:
            if self._left < 0:
                raise InvalidValue(self._message)
            _leave_loop()
            self._inline = 0  # in a thread, only the limit matters from now on

    def expect(self, size: int) -> None:
        """Raise `LargeOnLoop` now if `take` would raise it after `size` more bytes."""
        if self._left - size < self._inline:
            _leave_loop()


def check_count(name: str, number: int, most: int, noun: str) -> None:
    """Raise `InvalidValue` or `LargeOnLoop` if a list is too long, before its items are read."""
    if number > _INLINE_ITEMS:
        if number > most:
            raise InvalidValue(f"{name}: a list must not have more than {most} {noun}; make several calls")
        _leave_loop()


def check_texts(name: str, texts: Iterable[object]) -> None:
    """Raise `InvalidValue` or `LargeOnLoop` if the texts of a list are too large, before they are checked."""
    size = sum(len(text) for text in texts if isinstance(text, str))
    if size > _INLINE_BYTES:
        if size > MAX_CALL_BYTES:
            raise InvalidValue(f"{name}: the texts of a list must not be larger than {MAX_CALL_BYTES} bytes together")
        _leave_loop()


def _leave_loop() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return  # in a thread, which may take longer
    raise LargeOnLoop
