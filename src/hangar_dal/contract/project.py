"""The catalogs and migrations of one application, as the section of its pyproject.toml names them.

Builds on `section` and the query layer. The package's own catalog is named here by its import path, because it
is in a higher layer.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Final

from hangar_dal.contract.section import Section, read_section
from hangar_dal.errors import HangarError, SettingsError
from hangar_dal.query import Catalog

_OWN_CATALOG: Final = "hangar_dal.domains.catalog:CATALOG"
_OWN_MODULES: Final = "hangar_dal.domains"


@dataclass(frozen=True)
class Project:
    """`migrations` are folders in the order in which they are applied: this package's own come first.

    `names` are the catalogs' names, as the section has them. `section` is None for a project that was not read.
    """

    catalogs: tuple[Catalog, ...]
    migrations: tuple[Path, ...]
    small_tables: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    section: Section | None = None

    @property
    def file(self) -> str:
        """The path of its pyproject.toml; empty without a section."""
        return str(self.section.file) if self.section and self.section.exists else ""


def read_project(pyproject: Path | None = None) -> Project:
    """The project of a pyproject.toml, or of the nearest one in this folder or above it.

    The package's own catalog takes the place of catalogs that the section does not name, or of the whole section.
    `SettingsError` says what is wrong with the section.
    """
    section = read_section(pyproject)
    own = Path(str(files("hangar_dal.sql").joinpath("migrations")))
    with _importable(section.folder):
        for module in section.modules if section.catalogs else (_OWN_MODULES,):
            _import_all(module, section.file)
        names = section.catalogs or (_OWN_CATALOG,)
        catalogs = tuple(_catalog(entry, section.file) for entry in names)
    return Project(catalogs, (own, *section.migration_folders), section.small_tables, names, section)


@contextmanager
def _importable(folder: Path) -> Iterator[None]:
    """As `python` in that folder would: an application need not be installed to be checked."""
    paths = [str(path) for path in (folder, folder / "src") if path.is_dir()]
    sys.path[:0] = paths
    try:
        yield
    finally:
        for path in paths:
            sys.path.remove(path)


def _import_all(name: str, pyproject: Path | None) -> None:
    module = _imported(name, pyproject)
    for found in walk_packages(getattr(module, "__path__", ()), f"{name}."):
        _imported(found.name, pyproject)


def _imported(name: str, pyproject: Path | None) -> ModuleType:
    try:
        return import_module(name)
    except HangarError:
        raise
    except Exception as fault:  # an application's module may fail in any way
        raise SettingsError(f"{pyproject}: {name} cannot be imported: {type(fault).__name__}: {fault}") from fault


def _catalog(entry: str, pyproject: Path | None) -> Catalog:
    module, colon, name = entry.partition(":")
    found = getattr(_imported(module, pyproject), name, None) if colon else None
    if not isinstance(found, Catalog):
        raise SettingsError(f'{pyproject}: [tool.hangar_dal] catalogs: {entry} is not a Catalog; write "module:NAME"')
    return found
