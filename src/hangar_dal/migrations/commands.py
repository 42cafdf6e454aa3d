"""Run yoyo from Python, for an installation without a checkout: pending, apply, rollback, adopt, edited, break_lock.

The functions block; in a coroutine, call them with `asyncio.to_thread`. Run only one of them at a time in a process.
This module is the top layer of this package.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from hangar_dal.carrier import Carrier
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.files import migrations_in, named_folders, refuse_unfinished
from hangar_dal.migrations.owners import refuse_shared_tables
from hangar_dal.migrations.status import status
from hangar_dal.migrations.targets import MigrationTarget, target_of
from hangar_dal.migrations.yoyo_session import connected, migrating


def pending(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the ids of the migrations that are not applied, in order. Does not create a missing SQLite file."""
    return status(url, catalog=catalog, folders=folders).pending


def edited(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the ids of the applied migrations whose SQL has changed since. Undo the edit and add a new migration."""
    return status(url, catalog=catalog, folders=folders).edited


def applied(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """Return the ids of the applied migrations, in the order of applying. Does not create a missing SQLite file."""
    found = status(url, catalog=catalog, folders=folders)
    return tuple(each.id for each in found.migrations if each.state in ("applied", "edited"))


def rollback(
    url: str | None,
    ids: Sequence[str],
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    progress: Callable[[str], object] | None = None,
) -> None:
    """Run the rollback files of these migrations, in this order. They must be the last ones, the newest first.

    Calls `progress` with the id of each migration after it is rolled back. If a rollback fails, raises
    `MigrationError`; the migrations after it stay rolled back. Raises it before any of them runs if one of their files
    is not finished, or if the migrations are not the last ones, because another process has changed the history.
    """
    every = named_folders(catalog, folders)
    refuse_unfinished(migrations_in(every))
    with migrating(target_of(url), every) as (backend, migrations):
        last = [each for of_folder in reversed(migrations) if of_folder for each in backend.to_rollback(of_folder)]
        if [each.id for each in last[: len(ids)]] != list(ids):
            raise MigrationError("the last applied migrations are others by now", "list them again")
        for migration in last[: len(ids)]:
            backend.rollback_one(migration)
            if progress:
                progress(migration.id)


def apply(
    url: str | None = None,
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    progress: Callable[[str], object] | None = None,
) -> tuple[str, ...]:
    """Apply the pending migrations and return their ids, in order.

    The migrations of the catalogs that `catalog` builds on come first, then its own, then those of `folders`.
    Calls `progress` with the id of each migration after it is applied. Several processes may call `apply` at once.
    If a migration fails, raises `MigrationError`; the migrations before it stay applied.
    """
    return apply_to(target_of(url), named_folders(catalog, folders), progress)


def apply_to(
    target: MigrationTarget, folders: Sequence[Path], progress: Callable[[str], object] | None = None
) -> tuple[str, ...]:
    """Apply the pending migrations of exactly these folders to a target; otherwise like `apply`.

    Raises `MigrationError` before any of them runs if one of their files is not finished, or if two folders create the
    same table.
    """
    files = migrations_in(folders)
    refuse_unfinished(files)
    refuse_shared_tables(files)
    applied: list[str] = []
    with migrating(target, folders) as (backend, migrations):
        for of_folder in filter(None, migrations):  # a catalog may have none yet, which yoyo's command refuses
            for migration in backend.to_apply(of_folder):
                backend.apply_one(migration)
                applied.append(migration.id)
                if progress:
                    progress(migration.id)
    return tuple(applied)


def adopt(
    url: str | None = None,
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    throwaway: str | None = None,
) -> tuple[str, ...]:
    """Mark the migrations that a database without a history already contains, and return their ids.

    Compares tables, columns, rules and indexes. If they are not exactly those that the first migrations produce, raises
    `SchemaDiffers` with the differences and marks nothing. Afterwards `apply` applies the pending migrations.
    To compare, the migrations are applied to a scratch database. On PostgreSQL this is a new database on the same
    server, or `throwaway`, the URL of an empty one.
    """
    from hangar_dal.migrations.adoption import migrations_present  # noqa: PLC0415 - reads schemas, as nothing else does

    target = target_of(url)
    if not target.exists:
        raise MigrationError(f"{target.location.where} does not exist, so there is nothing to adopt", "run `apply`")
    every = named_folders(catalog, folders)
    files = migrations_in(every)
    with migrating(target, every) as (backend, migrations):
        backend.ensure_internal_schema_updated()
        present = migrations_present(target, backend.connection, files, throwaway=throwaway)
        backend.mark_migrations([one for one in chain.from_iterable(migrations) if one.id in present])
    return present


def break_lock(url: str | None = None) -> None:
    """Remove the lock that a killed process left behind. Make sure first that no process is migrating."""
    target = target_of(url)
    with connected(target) as backend:
        backend.break_lock()
