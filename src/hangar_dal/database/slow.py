"""Log the statements that take long: their names and durations, never their values. Below `observing`."""

import logging
from collections.abc import Callable
from typing import Any, Final

_log: Final = logging.getLogger("hangar_dal.slow")


def log_slow(limit: float) -> Callable[[Any], None]:
    """Return an observer that logs each statement that takes at least so many seconds, also if it fails.

    The record has the attributes `query`, `seconds` and `rows`.
    """

    def observer(ended: Any) -> None:  # an `Ended`, which is defined above this module
        event = ended.event
        if event.seconds >= limit:
            failure = f", then {event.error.__name__}" if event.error else ""
            extra = {"query": event.query, "seconds": event.seconds, "rows": event.rows}
            arguments = event.query, event.seconds, event.rows, failure
            _log.warning("slow statement %s: %.3f s, %d rows%s", *arguments, extra=extra)

    return observer
