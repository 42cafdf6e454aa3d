"""Report a migration that yoyo cannot load in one sentence, without a traceback in the log."""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from hangar_dal.errors import MigrationError, raise_alone

YOYO_LOG: Final = logging.getLogger("yoyo.migrations")


def load(migration: Any) -> None:
    """Load a migration of yoyo. Raises `MigrationError` if its shim or one of its SQL files is wrong."""
    from yoyo.exceptions import BadMigration  # noqa: PLC0415 - yoyo takes long to load

    with _without_tracebacks():
        try:
            migration.load()
        except BadMigration as error:
            raise_alone(cannot_load(error))


def cannot_load(error: Exception) -> MigrationError:
    """Return a `MigrationError` with the reason for yoyo's `BadMigration`.

    The first argument of `BadMigration` is the path of the file or a sentence.
    """
    cause = error.__cause__ or error.__context__
    if isinstance(cause, MigrationError):
        return cause
    reason = f" cannot be loaded: {type(cause).__name__}: {cause}" if cause else ""
    return MigrationError(f"{error.args[0]}{reason}", "correct the file")


def is_not_of_loading(record: logging.LogRecord) -> bool:
    """Whether a log record does not come from `Migration.load`, which logs the traceback of the error it raises."""
    return record.funcName != "load"


@contextmanager
def _without_tracebacks() -> Generator[None]:
    YOYO_LOG.addFilter(is_not_of_loading)
    try:
        yield
    finally:
        YOYO_LOG.removeFilter(is_not_of_loading)
