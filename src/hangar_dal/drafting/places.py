"""Find the module for a new query, the model that it returns, and the modules to import names from."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pydantic
from pydantic import BaseModel

from hangar_dal.check.project.project import Project
from hangar_dal.errors import SettingsError
from hangar_dal.query import Catalog

_PUBLIC: Final = "hangar_dal"
# Type aliases do not know the module that defines them.
_HOMES: Final = {"Executor": "hangar_dal.database", "JsonObject": "hangar_dal.values", "JsonArray": "hangar_dal.values"}


@dataclass(frozen=True)
class Place:
    """A module that declares queries of a catalog, and the functions that it already declares."""

    module: ModuleType
    catalog: Catalog
    functions: tuple[str, ...]

    @property
    def path(self) -> Path:
        return Path(self.module.__file__ or "")

    @property
    def file(self) -> str:
        """The name of the module's SQL files, without the extension."""
        return self.module.__name__.rpartition(".")[2]


def find_place(project: Project, name: str) -> Place:
    """Return the module with this name or this last part of a name.

    Raises `SettingsError` unless there is exactly one.
    """
    places = {place.module.__name__: place for place in _places(project)}
    found = [place for each, place in places.items() if each == name or each.endswith(f".{name}")]
    if len(found) == 1:
        return found[0]
    if found:
        named = " and ".join(place.module.__name__ for place in found)
        raise SettingsError(f"{name} can mean {named}; write the full name")
    known = ", ".join(places) or "none"
    message = f"{name}: no module of this name declares queries (known: {known})"
    fix = "create the module, import the catalog's `query` in it, and add it to `modules` of [tool.hangar_dal]"
    raise SettingsError(f"{message}; {fix}")


def _places(project: Project) -> Iterator[Place]:
    """Yield the modules that declare queries, and modules that import the decorator and declare no query yet."""
    for catalog in project.catalogs:
        declared: dict[str, list[str]] = {}
        for query in catalog.queries.values():
            declared.setdefault(query.module, []).append(query.function.__name__)
        for name, module in list(sys.modules.items()):
            if name in declared or (_is_below(name, catalog, project) and _imports_query(module, catalog)):
                yield Place(module, catalog, tuple(declared.get(name, ())))


def _imports_query(module: ModuleType, catalog: Catalog) -> bool:
    """Return whether the module imports the catalog's decorator and is not the module that defines the catalog."""
    has_it = getattr(getattr(module, "query", None), "__self__", None) is catalog
    return has_it and not any(value is catalog for value in vars(module).values())


def _is_below(name: str, catalog: Catalog, project: Project) -> bool:
    modules = [*(project.section.modules if project.section else ()), *([catalog.modules] if catalog.modules else [])]
    return any(name == each or name.startswith(f"{each}.") for each in modules)


def find_model(name: str, place: Place, project: Project) -> type[BaseModel]:
    """Return the model with this name in the module or the application. Raises `SettingsError` if there is none."""
    module, _, last = name.rpartition(".")
    found = dict.fromkeys(
        each
        for each in _models(place, project)
        if each.__name__ == last and (not module or each.__module__ == module or each.__module__.endswith(f".{module}"))
    )
    own = getattr(place.module, last, None)
    if not module and isinstance(own, type) and issubclass(own, BaseModel):
        return own
    if len(found) == 1:
        return next(iter(found))
    if found:
        named = " and ".join(f"{each.__module__}.{last}" for each in found)
        raise SettingsError(f"--returns {name} can mean {named}; write the full name")
    raise SettingsError(f"--returns {name}: no model of this name is imported; import it in {place.path.name}")


def _models(place: Place, project: Project) -> Iterator[type[BaseModel]]:
    packages = {place.module.__name__.partition(".")[0]}
    packages |= {name.partition(".")[0] for name in (project.section.modules if project.section else ())}
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in packages or name == _PUBLIC:
            yield from (
                each for each in vars(module).values() if isinstance(each, type) and issubclass(each, BaseModel)
            )


def home_of(name: str, needed: Any, place: Place) -> str:
    """Return the module to import the name from: the public module if it exports the name."""
    is_ours = place.module.__name__.partition(".")[0] == _PUBLIC
    public = sys.modules[_PUBLIC]
    if not is_ours and getattr(public, name, None) is needed:
        return _PUBLIC
    if getattr(pydantic, name, None) is needed:
        return "pydantic"
    return _HOMES.get(name) or str(needed.__module__)
