"""Read and validate the `[tool.hangar_dal]` section of a pyproject.toml. Does not import the application.

[tool.hangar_dal]
catalogs = ["shop:CATALOG"]         # module:NAME; their migrations and those of the catalogs they use are included
modules = ["shop.reports"]          # more modules that declare queries; a package includes all its modules
migrations = ["migrations"]         # folders of migrations that no catalog carries; they are applied last
small_tables = ["currencies"]       # tables that never grow: a query may read one of them whole
ignore = ["legacy"]                 # files and folders that are not part of this project
ignore_rules = ["scan"]             # rules that are turned off in the whole project
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from hangar_dal.errors import SettingsError

_KEYS: Final = ("catalogs", "modules", "migrations", "small_tables", "ignore", "ignore_rules")


@dataclass(frozen=True)
class Section:
    """The section of a project. `file` is the pyproject.toml; None if there is none in this folder or above it.

    `folder` is the folder of that file, or the working directory if there is no file. `exists` is False if the file has
    no such section.
    """

    file: Path | None
    folder: Path
    exists: bool = False
    catalogs: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    small_tables: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    ignore_rules: tuple[str, ...] = ()

    @property
    def migration_folders(self) -> tuple[Path, ...]:
        """The folders of migrations that no catalog carries. Raises `SettingsError` if one of them does not exist."""
        folders = tuple(self.folder / folder for folder in self.migrations)
        for folder in folders:
            if not folder.is_dir():
                raise SettingsError(f"{self.file}: the migration folder {folder} does not exist")
        return folders


def read_section(pyproject: Path | None = None) -> Section:
    """Return the section of this file, or of the nearest pyproject.toml. Raises `SettingsError` if it is invalid."""
    file = pyproject or _nearest()
    if file is None:
        return Section(None, Path.cwd())
    folder = file.parent.absolute()
    table = _table(file)
    if table is None:
        return Section(file, folder)
    return Section(file, folder, exists=True, **{key: tuple(value) for key, value in table.items()})


def has_section(pyproject: Path) -> bool:
    """Return whether this file has the section; False if the file cannot be read or is not valid TOML."""
    try:
        tool = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {})
    except (OSError, ValueError):
        return False
    return isinstance(tool, dict) and "hangar_dal" in tool


def _nearest() -> Path | None:
    here = Path.cwd()
    paths = [folder / "pyproject.toml" for folder in (here, *here.parents)]
    return next(filter(os.path.isfile, paths), None)  # Path.is_file() may raise PermissionError


def _table(pyproject: Path) -> Mapping[str, list[str]] | None:
    try:
        read = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise SettingsError(f"{pyproject}: cannot be read: {fault}") from None
    tool: Any = read.get("tool", {})
    if not isinstance(tool, dict):
        raise SettingsError(f"{pyproject}: tool must be a table; write [tool.hangar_dal] before the keys")
    table: Any = tool.get("hangar_dal")
    if table is None:
        return None
    if not isinstance(table, dict):
        fix = "write [tool.hangar_dal] in single brackets" if isinstance(table, list) else "write [tool.hangar_dal]"
        raise SettingsError(f"{pyproject}: tool.hangar_dal must be a table; {fix} before the keys")
    if unknown := sorted(set(table) - set(_KEYS)):
        raise SettingsError(f"{pyproject}: [tool.hangar_dal] has no {', '.join(unknown)}; it has {', '.join(_KEYS)}")
    for key, value in table.items():
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise SettingsError(f"{pyproject}: [tool.hangar_dal] {key} must be a list of texts")
    if table.get("modules") and not table.get("catalogs"):
        message = "[tool.hangar_dal] names modules but no catalog of their queries"
        raise SettingsError(f'{pyproject}: {message}; add catalogs = ["module:NAME"]')
    return dict(table)
