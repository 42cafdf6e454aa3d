"""yoyo from Python, for a package that was installed without a checkout: pending, apply, adopt, edited, break_lock.

One at a time in a process, and blocking: from a coroutine, call them by `asyncio.to_thread`. Stands on top of this
package.
"""

import glob
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from threading import Lock
from typing import Any

from hangar_dal import schema_history
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.adoption import migrations_present
from hangar_dal.migrations.history import read_history
from hangar_dal.migrations.places import Place, place_of
from hangar_dal.migrations.running import explain
from hangar_dal.migrations.scripts import ids_in, packaged_folder, read_script

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


def apply(
    url: str | None = None, *, folders: Sequence[Path] = (), progress: Callable[[str], object] | None = None
) -> tuple[str, ...]:
    """Brings the database up to date and returns what was applied, in order; nothing if nothing was pending.

    `folders` are an application's own migrations, applied after the packaged ones, folder by folder. `progress` is
    called with each id once it is applied. Several processes may do this at once. A migration that fails raises
    `MigrationError` and leaves those before it applied.
    """
    return apply_to(place_of(url), [packaged_folder(), *folders], progress)


def apply_to(place: Place, folders: Sequence[Path], progress: Callable[[str], object] | None = None) -> tuple[str, ...]:
    """`apply` to a database that no URL names, and exactly these folders."""
    _refuse_confusion(folders)
    applied: list[str] = []
    with _migrating(place, folders) as (backend, migrations):
        for of_folder in migrations:
            for migration in backend.to_apply(of_folder):
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
    with _migrating(place, [packaged_folder()]) as (backend, [migrations]):
        backend.ensure_internal_schema_updated()
        present = migrations_present(place, backend.connection)
        backend.mark_migrations([migration for migration in migrations if migration.id in present])
    return present


def break_lock(url: str | None = None) -> None:
    """Removes the lock that a migrator left behind when it was killed. Be sure that none is running."""
    place = place_of(url)
    with _backend(place) as backend:
        backend.break_lock()


def _refuse_confusion(folders: Sequence[Path]) -> None:
    """A folder that is not there would be one without migrations; of two equal ids the second would count as done."""
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise MigrationError(f"{folder} is no folder; migrations are looked for there")
        for migration in ids_in(folder):
            if migration in found:
                raise MigrationError(
                    f"{migration} stands in {found[migration]} and in {folder}; the history knows a migration by its "
                    "id alone: rename the one that no database has had yet"
                )
            found[migration] = folder


@contextmanager
def _migrating(place: Place, folders: Sequence[Path]) -> Generator[tuple[Any, list[Any]]]:
    """The backend, locked, and the migrations of each folder. yoyo's list of all ids stays as it was."""
    from yoyo.migrations import Migration, read_migrations  # noqa: PLC0415 - only who migrates pays for its import

    registry: dict[str, Any] = getattr(Migration, "_Migration__all_migrations")  # noqa: B009 - hidden by its name
    with _one_at_a_time, _backend(place) as backend:
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
