"""The state of each migration in a database: applied, edited, pending or unknown.

Changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from hangar_dal.carrier import Carrier
from hangar_dal.migrations.files import MigrationFiles, migrations_in, named_folders
from hangar_dal.migrations.history import History, read_history
from hangar_dal.migrations.targets import target_of
from hangar_dal.sqlscan import Dialect

State = Literal["applied", "edited", "pending", "unknown"]


@dataclass(frozen=True, slots=True)
class MigrationStatus:
    """The state of one migration. `applied_at` is in UTC, and None if the migration is pending."""

    id: str
    state: State
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """The states of all migrations, in the order of the files. Migrations without a file come last, oldest first."""

    where: str
    migrations: tuple[MigrationStatus, ...]

    @property
    def pending(self) -> tuple[str, ...]:
        """The ids of the migrations that `apply` would apply."""
        return self._in("pending")

    @property
    def edited(self) -> tuple[str, ...]:
        """The ids of the applied migrations whose SQL has changed since."""
        return self._in("edited")

    @property
    def unknown(self) -> tuple[str, ...]:
        """The ids of the applied migrations without a file.

        The database is newer than this checkout, or belongs to another application.
        """
        return self._in("unknown")

    def _in(self, state: State) -> tuple[str, ...]:
        return tuple(migration.id for migration in self.migrations if migration.state == state)


def status(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> Status:
    """Return the state of each migration of the catalog, of the catalogs it builds on and of `folders`.

    Other applied migrations are "unknown". If the SQLite file is missing, all migrations are pending and the file is
    not created; its folder must exist.
    """
    target = target_of(url)
    files = migrations_in(named_folders(catalog, folders))
    return Status(target.location.where, tuple(_states(files, read_history(target), target.dialect)))


def _states(files: Sequence[MigrationFiles], history: History, dialect: Dialect) -> Iterator[MigrationStatus]:
    for migration in files:
        if migration.id not in history.applied:
            yield MigrationStatus(migration.id, "pending")
            continue
        digest = history.digests.get(migration.id)
        state: State = "applied" if digest in {None, migration.script(dialect).digest} else "edited"
        yield MigrationStatus(migration.id, state, history.applied[migration.id])
    known = {migration.id for migration in files}
    for migration_id, applied_at in history.applied.items():
        if migration_id not in known:
            yield MigrationStatus(migration_id, "unknown", applied_at)
