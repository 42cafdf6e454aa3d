"""Print errors of the command `yoyo` in one line, without a traceback.

yoyo itself catches only errors about its arguments.
"""

import sys
from types import TracebackType
from typing import Final

from hangar_dal.errors import HangarError
from hangar_dal.migrations.loading import YOYO_LOG, cannot_load, is_not_of_loading
from hangar_dal.migrations.running import explain_history

_COMMAND: Final = "yoyo.scripts.main"  # a module that only the command imports


def shorten_errors() -> None:
    """Print errors of this package and of the database drivers in one line if this process runs `yoyo`."""
    if _COMMAND in sys.modules:
        YOYO_LOG.addFilter(is_not_of_loading)
        sys.excepthook = _print_error


def _print_error(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if message := _message(error):
        sys.stderr.write(f"error: {message}\n")
    else:
        sys.__excepthook__(kind, error, traceback)


def _message(error: BaseException) -> str | None:
    """Return the message of an error; None for an unexpected error, whose traceback is needed."""
    from yoyo.exceptions import BadMigration  # noqa: PLC0415 - yoyo takes long to load

    if isinstance(error, BadMigration):
        return str(cannot_load(error))
    if isinstance(error, HangarError):
        return str(error)
    return explain_history(error) if isinstance(error, Exception) else None
