"""yoyo from Python, for a package that was installed without a checkout: pending, apply, adopt, edited, break_lock.

One at a time in a process, and blocking: from a coroutine, call them by `asyncio.to_thread`. Stands on top of this
package.
"""

import glob
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from hangar_dal import schema_history
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.adoption import migrations_present
from hangar_dal.migrations.history import read_history
from hangar_dal.migrations.places import Place, place_of
from hangar_dal.migrations.running import explain
from hangar_dal.migrations.scripts import packaged_folder, read_script

_one_at_a_time = Lock()


def pending(url: str | None = None) -> tuple[str, ...]:
    """The migrations that the database lacks, in order. Only reads: a SQLite file that is missing stays missing."""
    return schema_history.pending(read_history(place_of(url)).applied)


def edited(url: str | None = None) -> tuple[str, ...]:
    """The applied migrations whose SQL is no longer what was applied. Undo the edit; write a new migration instead."""
    place = place_of(url)
    folder, dialect = packaged_folder(), place.dialect
    packaged = schema_history.packaged_ids()
    return tuple(
        migration
        for migration, digest in read_history(place).digests
        if migration in packaged and read_script(folder, migration, dialect, "apply").digest != digest
    )


def apply(url: str | None = None, *, progress: Callable[[str], object] | None = None) -> tuple[str, ...]:
    """Brings the database up to date and returns what was applied, in order; nothing if nothing was pending.

    `progress` is called with each id once it is applied. Several processes may do this at once. A migration that
    fails raises `MigrationError` and leaves those before it applied.
    """
    place = place_of(url)
    applied: list[str] = []
    with _migrating(place) as (backend, migrations):
        for migration in backend.to_apply(migrations):
            backend.apply_one(migration)
            applied.append(migration.id)
            if progress:
                progress(migration.id)
    return tuple(applied)


def adopt(url: str | None = None) -> tuple[str, ...]:
    """Marks the migrations that a database without a history has had, as its schema proves, and returns them.

    Tables, columns, rules and indexes are compared; if they are not exactly what the first of the migrations, or the
    first few, give, `SchemaDiffers` lists the differences and nothing is marked. `apply` then adds what is pending.
    """
    place = place_of(url)
    if not place.exists:
        raise MigrationError(f"{place.target.where} does not exist; there is nothing to adopt, only to apply")
    with _migrating(place) as (backend, migrations):
        backend.ensure_internal_schema_updated()
        present = migrations_present(place, backend.connection)
        backend.mark_migrations([migration for migration in migrations if migration.id in present])
    return present


def break_lock(url: str | None = None) -> None:
    """Removes the lock that a migrator left behind when it was killed. Be sure that none is running."""
    place = place_of(url)
    with _backend(place) as backend:
        backend.break_lock()


@contextmanager
def _migrating(place: Place) -> Generator[tuple[Any, Any]]:
    """The backend, locked, and the packaged migrations. yoyo's list of all ids in the process stays as it was."""
    from yoyo.migrations import Migration, read_migrations  # noqa: PLC0415 - only who migrates pays for its import

    registry: dict[str, Any] = getattr(Migration, "_Migration__all_migrations")  # noqa: B009 - hidden by its name
    with _one_at_a_time, _backend(place) as backend:
        others = dict(registry)
        registry.clear()
        try:
            migrations = read_migrations(glob.escape(str(packaged_folder())))
            for migration in migrations:
                _load(migration)
            with backend.lock():
                yield backend, migrations
        finally:
            registry.clear()
            registry.update(others)


def _load(migration: Any) -> None:
    from yoyo.exceptions import BadMigration  # noqa: PLC0415

    try:
        migration.load()
    except BadMigration as error:
        cause = error.__cause__ or error.__context__
        if isinstance(cause, MigrationError):
            raise cause from None
        raise MigrationError(f"{migration.id} cannot be loaded") from error


@contextmanager
def _backend(place: Place) -> Generator[Any]:
    from hangar_dal.migrations.backends import backend_for  # noqa: PLC0415

    with backend_for(place) as backend:
        try:
            backend.init_database()
            yield backend
        except Exception as error:
            if reason := explain(error):
                raise MigrationError(f"{place.target.where}: {reason}") from None
            raise
