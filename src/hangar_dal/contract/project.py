"""What belongs to one application: its catalogs and its migrations, as its pyproject.toml names them.

    [tool.hangar_dal]
    catalogs = ["shop.sql:CATALOG"]     # module:name
    modules = ["shop.domains"]          # what declares the queries; a package stands for all its modules
    migrations = ["migrations"]         # folders, which follow this package's own
    small_tables = ["currencies"]       # which never grow: a query may read one of them whole

Stands above the query floor. The package's own catalog is named here by its import path: it lies above.
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, Final

from hangar_dal.errors import HangarError, SettingsError
from hangar_dal.query import Catalog

_KEYS: Final = ("catalogs", "modules", "migrations", "small_tables")
_OWN: Final[Mapping[str, list[str]]] = {
    "catalogs": ["hangar_dal.domains.catalog:CATALOG"],
    "modules": ["hangar_dal.domains"],
    "migrations": [],
    "small_tables": [],
}


@dataclass(frozen=True)
class Project:
    """`migrations` are folders in the order in which they are applied: this package's own come first.

    `root` is the folder of its pyproject.toml, where its snapshot is kept; None for this package as it is installed.
    """

    catalogs: tuple[Catalog, ...]
    migrations: tuple[Path, ...]
    root: Path | None = None
    small_tables: tuple[str, ...] = ()


def read_project(pyproject: Path | None = None) -> Project:
    """The project of a pyproject.toml, or of the first one in this folder or above it.

    Without a `[tool.hangar_dal]` it is this package itself. `SettingsError` says what is wrong with the table.
    """
    found = pyproject or _nearest()
    table = _table(found) if found else None
    if found is None or table is None:
        return _project(_OWN, found, None)
    with _importable(found.parent.absolute()):
        return _project(table, found, found.parent.absolute())


def migration_folders(pyproject: Path | None = None) -> tuple[Path, ...]:
    """The application's own folders of migrations alone; nothing of the application is imported."""
    found = pyproject or _nearest()
    table = _table(found) if found else None
    return _folders(table, found) if found and table else ()


def _nearest() -> Path | None:
    here = Path.cwd()
    return next((path for folder in (here, *here.parents) if (path := folder / "pyproject.toml").is_file()), None)


def _table(pyproject: Path) -> Mapping[str, list[str]] | None:
    try:
        read = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{pyproject}: cannot be read: {fault}") from None
    table: Any = read.get("tool", {}).get("hangar_dal")
    if table is None:
        return None
    if unknown := sorted(set(table) - set(_KEYS)):
        raise SettingsError(f"{pyproject}: [tool.hangar_dal] has no {', '.join(unknown)}; it has {', '.join(_KEYS)}")
    for key, value in table.items():
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{pyproject}: [tool.hangar_dal] {key} must be a list of texts")
    if not table.get("catalogs"):
        raise SettingsError(f'{pyproject}: [tool.hangar_dal] needs catalogs = ["module:NAME"]')
    return {key: table.get(key, []) for key in _KEYS}


def _project(table: Mapping[str, list[str]], pyproject: Path | None, root: Path | None) -> Project:
    for name in table["modules"]:
        _import_all(name, pyproject)
    catalogs = tuple(_catalog(entry, pyproject) for entry in table["catalogs"])
    own = Path(str(files("hangar_dal.sql").joinpath("migrations")))
    folders = _folders(table, pyproject) if pyproject else ()
    return Project(catalogs, (own, *folders), root, tuple(table["small_tables"]))


def _folders(table: Mapping[str, list[str]], pyproject: Path) -> tuple[Path, ...]:
    folders = tuple(pyproject.parent.absolute() / folder for folder in table["migrations"])
    for folder in folders:
        if not folder.is_dir():
            raise SettingsError(f"{pyproject}: the folder of migrations {folder} does not exist")
    return folders


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
        raise SettingsError(f'{pyproject}: [tool.hangar_dal] catalogs: {entry} is no Catalog; write "module:NAME"')
    return found
