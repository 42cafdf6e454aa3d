"""The files of migrations: those of catalogs, then those of an application's folders, in the order of applying."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hangar_dal.carrier import Carrier
from hangar_dal.errors import MigrationError
from hangar_dal.migrations.scripts import DIRECTIONS, Direction, Script, dialects_in, ids_in, read_script
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class MigrationFiles:
    """One migration: the Python shim that yoyo loads, and its SQL files, all inside `folder`."""

    id: str
    folder: Path

    @property
    def dialects(self) -> tuple[Dialect, ...]:
        """The databases that the migration is written for."""
        return dialects_in(self.folder)

    def script(self, dialect: Dialect, direction: Direction = "apply") -> Script:
        """Read one of the SQL files. Raises `MigrationError` if the file is missing or not UTF-8."""
        return read_script(self.folder, self.id, dialect, direction)

    def path(self, dialect: Dialect, direction: Direction = "apply") -> Path:
        """Return the path of one of the SQL files, whether or not it exists."""
        return self.folder / dialect / f"{self.id}{'.rollback' if direction == 'rollback' else ''}.sql"


def folders_of(catalogs: Iterable[Carrier], folders: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return the folders of the catalogs and of the catalogs they build on, then `folders`, without duplicates.

    The order is the order of applying. Raises `MigrationError` for a catalog inside a zip file: yoyo cannot read it.
    """
    found: dict[Path, Path] = {}
    lineage = dict.fromkeys(each for catalog in catalogs for each in catalog.lineage)
    for folder in (*(each.migrations for each in lineage), *folders):
        if folder is not None and not isinstance(folder, Path):
            raise MigrationError(f"{folder}: migrations must be files on a disk", "install the package unzipped")
        if folder is not None:
            found.setdefault(folder.resolve(), folder)
    return tuple(found.values())


def named_folders(catalog: Carrier | None, folders: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders of at most one catalog, then `folders`, as `folders_of` does.

    Raises `MigrationError` if neither a catalog nor a folder is given.
    """
    if catalog is None and not folders:
        raise MigrationError("no migrations are named", "pass a catalog, or folders of migrations")
    return folders_of([catalog] if catalog else (), folders)


def migrations_in(folders: Sequence[Path]) -> tuple[MigrationFiles, ...]:
    """Return the migrations of each folder, in the order of applying.

    Raises `MigrationError` if a folder is missing, because it would count as empty, or if two folders have a migration
    with the same id, because the second would count as applied.
    """
    found: dict[str, MigrationFiles] = {}
    for folder in folders:
        if not folder.is_dir():
            raise MigrationError(f"{folder} is not a folder, and migrations were expected there")
        for migration in ids_in(folder):
            if migration in found:
                raise MigrationError(
                    f"{migration} is in {found[migration].folder} and in {folder}",
                    "rename the one that no database has applied yet, because the history knows only the id",
                )
            found[migration] = MigrationFiles(migration, folder)
    return tuple(found.values())


def refuse_unfinished(files: Iterable[MigrationFiles]) -> None:
    """Raise `MigrationError` for the first SQL file that is missing or cannot be split into statements."""
    for migration in files:
        for dialect in migration.dialects:
            for direction in DIRECTIONS:
                migration.script(dialect, direction).statements()
