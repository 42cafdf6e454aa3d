"""The catalogs and migrations of an application, as named by its pyproject.toml or by the command line."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Final, cast

from hangar_dal.check.project.section import Section, read_section
from hangar_dal.errors import HangarError, SettingsError
from hangar_dal.keyring import Keys
from hangar_dal.migrations.files import folders_of
from hangar_dal.migrations.scripts import dialects_in
from hangar_dal.query import Catalog
from hangar_dal.sqlscan import DIALECTS, Dialect

NAME_THEM: Final = (
    'write catalogs = ["module:NAME"] in [tool.hangar_dal] of pyproject.toml, or pass --catalog module:NAME'
)


@dataclass(frozen=True)
class Project:
    """The catalogs and migrations of an application.

    `catalogs` are the named catalogs, whose queries are checked. The catalogs that they use only provide tables.
    `migrations` are folders in the order in which they are applied. `names` are the `module:NAME` entries of the
    catalogs. `section` is None if the command line names the catalogs.
    """

    catalogs: tuple[Catalog, ...]
    migrations: tuple[Path, ...]
    small_tables: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    section: Section | None = None

    @property
    def dialects(self) -> tuple[Dialect, ...]:
        """The databases that the catalogs are written for; without catalogs, those of all folders of migrations."""
        if self.catalogs:
            return self.catalogs[0].dialects
        return tuple(each for each in DIALECTS if all(each in dialects_in(folder) for folder in self.migrations))

    @property
    def ignore_rules(self) -> tuple[str, ...]:
        """The rules that the section turns off."""
        return self.section.ignore_rules if self.section else ()

    @property
    def folder(self) -> Path:
        """The folder of the pyproject.toml, else the working directory. Commands write only below it."""
        return self.section.folder if self.section else Path.cwd()

    def refuse_outside(self, paths: Iterable[Path]) -> None:
        """Raise `SettingsError` for a path that is not below the folder of the project."""
        for path in paths:
            if not path.resolve().is_relative_to(self.folder.resolve()):
                raise SettingsError(f"{path} is outside of {self.folder}, the folder of the project")

    @property
    def file(self) -> str:
        """The path of the project's pyproject.toml; "" if it has no section."""
        return str(self.section.file) if self.section and self.section.exists else ""

    @property
    def lineage(self) -> tuple[Catalog, ...]:
        """The named catalogs and the catalogs that they use, each once. Used catalogs come first."""
        return tuple(dict.fromkeys(each for catalog in self.catalogs for each in catalog.lineage))


def read_project(pyproject: Path | None = None) -> Project:
    """Return the project of a pyproject.toml, by default the nearest one in this folder or above it.

    The project has no catalogs if the file has no section, or its section names none. Raises `SettingsError` if the
    section is invalid.
    """
    section = read_section(pyproject)
    with _importable(section.folder):
        for module in section.modules:
            _import_all(module, section.file)
        catalogs = _catalogs(section.catalogs, f"{section.file}: [tool.hangar_dal] catalogs")
    migrations = folders_of(catalogs, section.migration_folders)
    return Project(catalogs, migrations, section.small_tables, section.catalogs, section)


def given_project(catalogs: Sequence[str], folders: Sequence[Path]) -> Project:
    """Return the project of these `module:NAME` entries and folders of migrations. Ignores pyproject.toml."""
    with _importable(Path.cwd()):
        found = _catalogs(catalogs, "--catalog")
    return Project(found, folders_of(found, folders), names=tuple(catalogs))


def given_keys(entry: str) -> Keys:
    """Return the function of a `module:NAME` entry, which returns keys. Raises `SettingsError` if it is no function."""
    module, colon, name = entry.partition(":")
    with _importable(Path.cwd()):
        found = getattr(_imported(module, "--keys"), name, None) if colon else None
    if not callable(found):
        raise SettingsError(f'--keys: {entry} is not a function; write "module:NAME"')
    return cast("Keys", found)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """Make modules in the folder and its `src` importable, so that the application need not be installed."""
    paths = [str(path) for path in (folder, folder / "src") if path.is_dir()]
    sys.path[:0] = paths
    try:
        yield
    finally:
        for path in paths:
            sys.path.remove(path)


def _import_all(name: str, pyproject: Path | None) -> None:
    module = _imported(name, str(pyproject))
    for found in walk_packages(getattr(module, "__path__", ()), f"{name}."):
        _imported(found.name, str(pyproject))


def _imported(name: str, where: str) -> ModuleType:
    try:
        return import_module(name)
    except HangarError:
        raise
    except Exception as fault:  # an application's module may fail in any way
        raise SettingsError(f"{where}: {name} cannot be imported: {type(fault).__name__}: {fault}") from fault


def _catalogs(entries: Sequence[str], where: str) -> tuple[Catalog, ...]:
    """Return the catalogs. Imports the modules that declare their queries, and those of the catalogs that they use."""
    catalogs = tuple(_catalog(entry, where) for entry in entries)
    for each in dict.fromkeys(each for catalog in catalogs for each in catalog.lineage):
        try:
            each.import_modules()
        except HangarError:
            raise
        except Exception as fault:  # the modules may fail in any way
            reason = f"{type(fault).__name__}: {fault}"
            raise SettingsError(f"{where}: the modules of {each.name} cannot be imported: {reason}") from fault
    for catalog in catalogs:
        if catalog.dialects != catalogs[0].dialects:
            names = f"{catalogs[0].name} and {catalog.name}"
            raise SettingsError(f"{where}: {names} are written for different databases; check them one at a time")
    return catalogs


def _catalog(entry: str, where: str) -> Catalog:
    module, colon, name = entry.partition(":")
    found = getattr(_imported(module, where), name, None) if colon else None
    if not isinstance(found, Catalog):
        raise SettingsError(f'{where}: {entry} is not a Catalog; write "module:NAME"')
    return found
