"""Exit codes, and colours on a terminal. The lowest module of the command line."""

import os
from typing import Final, TextIO

# Exit codes. argparse also exits with 2 for a command that it does not understand.
OK: Final = 0
FAILED: Final = 1
MISUSED: Final = 2
PENDING: Final = 3
ASTRAY: Final = 4  # the history does not fit the files

RED: Final = "31;1"
GREEN: Final = "32"
YELLOW: Final = "33"
DIM: Final = "2"
BOLD: Final = "1"


def has_colours(stream: TextIO) -> bool:
    """Whether to write colours: on a terminal, unless NO_COLOR is set (https://no-color.org), or if FORCE_COLOR is."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (os.environ.get("TERM") != "dumb" and stream.isatty())


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """Return the text, in colour if `has_colours(stream)`."""
    return f"\033[{colour}m{text}\033[0m" if has_colours(stream) else text


def in_diff_colours(line: str, stream: TextIO) -> str:
    """Return a line of a diff in colour: `- ` is red and `+ ` is green. Other lines do not change."""
    colour = {"- ": RED, "+ ": GREEN}.get(line.lstrip()[:2])
    return coloured(line, colour, stream) if colour else line
