"""Use yoyo in this process, one session at a time. Restores yoyo's global list of migrations, and translates errors.

`backends` opens the connections.
"""

import glob
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from hangar_dal.errors import MigrationError, raise_alone
from hangar_dal.migrations.beyond import refuse_beyond
from hangar_dal.migrations.files import migrations_in
from hangar_dal.migrations.guard import PostgresScratch
from hangar_dal.migrations.loading import load
from hangar_dal.migrations.running import explain_history
from hangar_dal.migrations.targets import MigrationTarget

_one_at_a_time = Lock()


@contextmanager
def migrating(target: MigrationTarget, folders: Sequence[Path]) -> Generator[tuple[Any, list[Any]]]:
    """Lock the database, and yield its backend and the migrations of each folder.

    yoyo's global list of migrations is restored after the block. Raises `MigrationError` if the target is a scratch
    database and a migration affects more than its database.
    """
    from yoyo.migrations import Migration, read_migrations  # noqa: PLC0415 - yoyo takes long to load

    if isinstance(target, PostgresScratch):
        refuse_beyond(migrations_in(folders))
    registry: dict[str, Any] = getattr(Migration, "_Migration__all_migrations")  # noqa: B009 - hidden by its name
    with _one_at_a_time, connected(target) as backend:
        others = dict(registry)
        registry.clear()
        try:
            migrations = [read_migrations(glob.escape(str(folder))) for folder in folders]
            for migration in chain.from_iterable(migrations):
                load(migration)
            with backend.lock():
                yield backend, migrations
        finally:
            registry.clear()
            registry.update(others)


@contextmanager
def connected(target: MigrationTarget) -> Generator[Any]:
    """Open the backend of the database, with yoyo's lock table. Errors of the driver become `MigrationError`."""
    from hangar_dal.migrations.backends import backend_for  # noqa: PLC0415 - yoyo takes long to load

    with backend_for(target) as backend:
        try:
            backend.init_database()
            yield backend
        except Exception as error:
            if reason := explain_history(error):
                raise_alone(MigrationError(f"{target.location.where}: {reason}"))
            raise
