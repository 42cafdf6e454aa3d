"""How a command answers: its exit code, and words for a person on a terminal. The lowest of the command line."""

import os
from typing import Final, TextIO

# Exit codes. 2, for a command that was not understood, is argparse's own as well.
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
    """Whether a person reads it on a terminal. NO_COLOR asks for none (https://no-color.org), FORCE_COLOR for some."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (os.environ.get("TERM") != "dumb" and stream.isatty())


def coloured(text: str, colour: str, stream: TextIO) -> str:
    """The text, in colour only where `has_colours`."""
    return f"\033[{colour}m{text}\033[0m" if has_colours(stream) else text


def in_diff_colours(line: str, stream: TextIO) -> str:
    """A line of a diff, `- ` red and `+ ` green; other lines as they are."""
    colour = {"- ": RED, "+ ": GREEN}.get(line.lstrip()[:2])
    return coloured(line, colour, stream) if colour else line
