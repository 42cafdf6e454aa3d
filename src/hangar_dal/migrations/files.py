"""The migrations that a database may have had: those of catalogs, then those of an application's folders, in order.

Builds on `scripts`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hangar_dal.carrier import Carrier
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.scripts import Direction, Script, ids_in, read_script
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class MigrationFiles:
    """A shim and its SQL files, all beneath `folder`."""

    id: str
    folder: Path

    def script(self, dialect: Dialect, direction: Direction = "apply") -> Script:
        """Raises `MigrationError` if the file is missing or no UTF-8."""
        return read_script(self.folder, self.id, dialect, direction)

    def path(self, dialect: Dialect, direction: Direction = "apply") -> Path:
        """Where the file is, or should be."""
        return self.folder / dialect / f"{self.id}{'.rollback' if direction == 'rollback' else ''}.sql"


def folders_of(catalogs: Iterable[Carrier], folders: Iterable[Path] = ()) -> tuple[Path, ...]:
    """The folders of the catalogs and of those they build on, then `folders`: each once, in the order of applying.

    Raises `MigrationError` for a catalog inside a zip file, which yoyo cannot read.
    """
    found: dict[Path, Path] = {}
    lineage = dict.fromkeys(each for catalog in catalogs for each in catalog.lineage)
    for folder in (*(each.migrations for each in lineage), *folders):
        if folder is not None and not isinstance(folder, Path):
            raise MigrationError(f"{folder}: migrations must be files on a disk; install the package unzipped")
        if folder is not None:
            found.setdefault(folder.resolve(), folder)
    return tuple(found.values())


def named_folders(catalog: Carrier | None, folders: Sequence[Path]) -> tuple[Path, ...]:
    """The same of one catalog at most. Raises `MigrationError` if nothing is named: no database would lack anything."""
    if catalog is None and not folders:
        raise MigrationError("no migrations are named; pass a catalog, or folders of migrations")
    return folders_of([catalog] if catalog else (), folders)


def migrations_in(folders: Sequence[Path]) -> tuple[MigrationFiles, ...]:
    """Those of each folder, in the order in which they are applied.

    A folder that is missing is refused, since it would be one without migrations; so are two equal ids, since the
    second would count as done.
    """
    found: dict[str, MigrationFiles] = {}
    for folder in folders:
        if not folder.is_dir():
            raise MigrationError(f"{folder} is not a folder, and migrations were expected there")
        for migration in ids_in(folder):
            if migration in found:
                raise MigrationError(
                    f"{migration} stands in {found[migration].folder} and in {folder}; the history knows a migration "
                    "by its id alone: rename the one that no database has had yet"
                )
            found[migration] = MigrationFiles(migration, folder)
    return tuple(found.values())
