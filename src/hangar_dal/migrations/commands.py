"""yoyo from Python, for a package that was installed without a checkout: pending, apply, adopt, edited, break_lock.

One at a time in a process, and blocking: from a coroutine, call them by `asyncio.to_thread`. The topmost layer of this
package.
"""

from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

from hangar_dal.carrier import Carrier
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.files import migrations_in, named_folders
from hangar_dal.migrations.owners import refuse_shared_tables
from hangar_dal.migrations.status import status
from hangar_dal.migrations.targets import MigrationTarget, target_of
from hangar_dal.migrations.yoyo_session import connected, migrating


def pending(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The migrations that the database lacks, in order. Only reads: a SQLite file that is missing stays missing."""
    return status(url, catalog=catalog, folders=folders).pending


def edited(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> tuple[str, ...]:
    """The applied migrations whose SQL is no longer what was applied. Undo the edit; write a new migration instead."""
    return status(url, catalog=catalog, folders=folders).edited


def apply(
    url: str | None = None,
    *,
    catalog: Carrier | None = None,
    folders: Sequence[Path] = (),
    progress: Callable[[str], object] | None = None,
) -> tuple[str, ...]:
    """Bring the database up to date and return what was applied, in order; nothing if nothing was pending.

    The migrations of the catalogs that `catalog` builds on come first, then its own, then those of `folders`.
    `progress` is called with each id once it is applied. Several processes may do this at once. A migration that fails
    raises `MigrationError` and leaves those before it applied.
    """
    return apply_to(target_of(url), named_folders(catalog, folders), progress)


def apply_to(
    target: MigrationTarget, folders: Sequence[Path], progress: Callable[[str], object] | None = None
) -> tuple[str, ...]:
    """`apply` to a database that no URL names, and exactly these folders."""
    refuse_shared_tables(migrations_in(folders))
    applied: list[str] = []
    with migrating(target, folders) as (backend, migrations):
        for of_folder in filter(None, migrations):  # a catalog may have none yet; yoyo's own command refuses that
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
    """Marks the migrations that a database without a history has had, as its schema proves, and returns them.

    Tables, columns, rules and indexes are compared; if they are not exactly what the first of the migrations, or the
    first few, give, `SchemaDiffers` lists the differences and nothing is marked. `apply` then adds what is pending.
    On PostgreSQL the migrations are applied to a scratch database: a new one on the same server, or `throwaway`, the
    URL of an empty one.
    """
    from hangar_dal.migrations.adoption import migrations_present  # noqa: PLC0415 - reads schemas, as nothing else does

    target = target_of(url)
    if not target.exists:
        raise MigrationError(f"{target.location.where} does not exist; there is nothing to adopt, only to apply")
    every = named_folders(catalog, folders)
    files = migrations_in(every)
    with migrating(target, every) as (backend, migrations):
        backend.ensure_internal_schema_updated()
        present = migrations_present(target, backend.connection, files, throwaway=throwaway)
        backend.mark_migrations([one for one in chain.from_iterable(migrations) if one.id in present])
    return present


def break_lock(url: str | None = None) -> None:
    """Removes the lock that a migrator left behind when it was killed. Be sure that none is running."""
    target = target_of(url)
    with connected(target) as backend:
        backend.break_lock()
