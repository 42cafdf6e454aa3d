"""Where a database stands: which migrations it has had and when, which it lacks, and which it should not have had.

Only reads. Builds on `files` and `history`.
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
    """`applied_at` is in UTC; None for what is pending."""

    id: str
    state: State
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Status:
    """`migrations` stand in the order of the files; those that no file knows come last, oldest first."""

    where: str
    migrations: tuple[MigrationStatus, ...]

    @property
    def pending(self) -> tuple[str, ...]:
        """What `apply` would apply."""
        return self._in("pending")

    @property
    def edited(self) -> tuple[str, ...]:
        """Applied, and the file holds other SQL since."""
        return self._in("edited")

    @property
    def unknown(self) -> tuple[str, ...]:
        """Applied, and no file is here: the database is ahead of this checkout, or belongs to another application."""
        return self._in("unknown")

    def _in(self, state: State) -> tuple[str, ...]:
        return tuple(migration.id for migration in self.migrations if migration.state == state)


def status(url: str | None = None, *, catalog: Carrier | None = None, folders: Sequence[Path] = ()) -> Status:
    """Each migration with its state. A missing SQLite file stays missing and lacks everything; its folder must exist.

    What other migrations than those of the catalog, of those it builds on and of `folders` applied is unknown.
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
