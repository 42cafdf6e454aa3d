"""A session with yoyo in this process: one at a time, its list of ids put back, its errors translated.

Builds on `running` and `places`; what connects is in `backends`.
"""

import glob
import logging
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any, Final

from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.beyond import refuse_beyond
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.migrations.places import Place
from hangar_dal.migrations.running import explain_own

_one_at_a_time = Lock()
_yoyo_log: Final = logging.getLogger("yoyo.migrations")


@contextmanager
def migrating(place: Place, folders: Sequence[Path]) -> Generator[tuple[Any, list[Any]]]:
    """The backend, locked, and the migrations of each folder. yoyo's list of all ids stays as it was.

    Raises `MigrationError` if they would reach beyond a scratch database.
    """
    from yoyo.migrations import Migration, read_migrations  # noqa: PLC0415 - only who migrates pays for its import

    if isinstance(place, PostgresScratch):
        refuse_beyond(migrations_in(folders))
    registry: dict[str, Any] = getattr(Migration, "_Migration__all_migrations")  # noqa: B009 - hidden by its name
    with _one_at_a_time, connected(place) as backend:
        others = dict(registry)
        registry.clear()
        try:
            migrations = [read_migrations(glob.escape(str(folder))) for folder in folders]
            for migration in chain.from_iterable(migrations):
                _load(migration)
            with backend.lock():
                yield backend, migrations
        finally:
            registry.clear()
            registry.update(others)


def _load(migration: Any) -> None:
    from yoyo.exceptions import BadMigration  # noqa: PLC0415 - yoyo takes long to load

    _yoyo_log.addFilter(_has_no_traceback)  # yoyo logs the traceback of what is raised here
    try:
        migration.load()
    except BadMigration as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, MigrationError):
            raise_alone(cause)
        reason = f"{type(cause).__name__}: {cause}" if cause else str(error)
        raise MigrationError(f"{migration.id} cannot be loaded: {reason}; correct {migration.path}") from error
    finally:
        _yoyo_log.removeFilter(_has_no_traceback)


def _has_no_traceback(record: logging.LogRecord) -> bool:
    return record.exc_info is None


@contextmanager
def connected(place: Place) -> Generator[Any]:
    """The backend of the database, with yoyo's tables in it."""
    from hangar_dal.migrations.backends import backend_for  # noqa: PLC0415 - yoyo takes long to load

    with backend_for(place) as backend:
        try:
            backend.init_database()
            yield backend
        except Exception as error:
            if reason := explain_own(error):
                raise_alone(MigrationError(f"{place.target.where}: {reason}"))
            raise
