"""Show progress on a terminal."""

import sys
from collections.abc import Callable
from time import monotonic
from typing import Final

_PATIENCE: Final = 1.0  # seconds before the progress is shown
_WIDTH: Final = 20


class Progress:
    """One line on a terminal that is overwritten with each step. It appears only if the work takes longer."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begun = clock()
        self._shown = False

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` steps are finished. `total` is 0 if it is not known."""
        if sys.stderr.isatty() and self._clock() - self._begun > _PATIENCE:
            self._shown = True
            print(f"\r\033[K{f'{done}/{total} ' if total else ''}{what}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self._shown:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def bar(done: int, total: int) -> str:
    """Return a progress bar with the percentage; an empty string if the total is not known."""
    filled = _WIDTH * done // total if total else 0
    return f"[{'#' * filled}{'-' * (_WIDTH - filled)}] {100 * done // total} %" if total else ""
