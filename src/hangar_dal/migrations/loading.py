"""Migrations that yoyo cannot load: one sentence about the reason, and no traceback in the log.

Builds on errors alone.
"""

import logging
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Final

from hangar_dal.errors import MigrationError, raise_alone

YOYO_LOG: Final = logging.getLogger("yoyo.migrations")


def load(migration: Any) -> None:
    """Load yoyo's migration. Raises `MigrationError` if its shim or one of its SQL files is wrong."""
    from yoyo.exceptions import BadMigration  # noqa: PLC0415 - yoyo takes long to load

    with _without_tracebacks():
        try:
            migration.load()
        except BadMigration as error:
            raise_alone(cannot_load(error))


def cannot_load(error: Exception) -> MigrationError:
    """The reason behind yoyo's `BadMigration`, whose first argument is the path of the file or a sentence."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, MigrationError):
        return cause
    reason = f" cannot be loaded: {type(cause).__name__}: {cause}" if cause else ""
    return MigrationError(f"{error.args[0]}{reason}; correct the file")


def is_not_of_loading(record: logging.LogRecord) -> bool:
    """A filter for yoyo's log: `Migration.load` logs the traceback of the error that it raises."""
    return record.funcName != "load"


@contextmanager
def _without_tracebacks() -> Generator[None]:
    YOYO_LOG.addFilter(is_not_of_loading)
    try:
        yield
    finally:
        YOYO_LOG.removeFilter(is_not_of_loading)
