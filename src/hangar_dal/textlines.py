"""Find line and column of an offset in a text by bisection.

Counting line breaks from the start for each offset would take quadratic time in a long file.
"""

import re
from bisect import bisect_right
from typing import Final

_LINE_BREAK: Final = re.compile("\n")


class TextLines:
    """The starts of a text's lines. Lines and columns count from 1."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in _LINE_BREAK.finditer(text))]

    def line_of(self, position: int) -> int:
        """Return the line of an offset. A line break belongs to the line that it ends."""
        return bisect_right(self._starts, position)

    def start_of(self, line: int) -> int:
        """Return the offset at which a line starts."""
        return self._starts[line - 1]

    def place_of(self, position: int) -> tuple[int, int]:
        """Return line and column of an offset."""
        line = self.line_of(position)
        return line, position - self._starts[line - 1] + 1
