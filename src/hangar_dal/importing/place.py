"""Where an import writes: a new project, or the catalog of one that exists. Imports no parser and no driver."""

import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from hangar_dal.check.project.project import Project
from hangar_dal.errors import SettingsError
from hangar_dal.migrations.scripts import ids_in
from hangar_dal.query import Catalog
from hangar_dal.sqlscan import DATABASES, Dialect
from hangar_dal.starting.project import FIRST_NUMBER

_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True)
class Place:
    """Where the files are written. `number` is that of the baseline. `taken` are names that no module may have.

    `dialects` are the databases to write for, that of the imported database first. `tests` is None if
    there is no folder for tests. `is_new` is True if the project is written too.
    """

    package: str
    module: Path
    sql: Path
    migrations: Path
    number: int
    tests: Path | None
    is_new: bool = False
    taken: frozenset[str] = frozenset()
    dialects: tuple[Dialect, ...] = ()


def new_place(package: str) -> Place:
    """Return the place of a new project in the working directory."""
    folder = Path(package)
    return Place(package, folder, folder / "sql", folder / "migrations", FIRST_NUMBER, Path("tests"), is_new=True)


def place_of(project: Project, dialects: tuple[Dialect, ...]) -> Place:
    if len(project.catalogs) != 1:
        raise SettingsError(f"{project.file}: the project has several catalogs, or none; import into a new project")
    catalog = project.catalogs[0]
    if set(catalog.dialects) != set(dialects):
        written = " and ".join(DATABASES[each] for each in catalog.dialects)
        instead = "pass --twin" if len(catalog.dialects) > len(dialects) else "import into a new project"
        message = f"{catalog.name} is written for {written}, and the database is {DATABASES[dialects[0]]}"
        raise SettingsError(f"{message}; {instead}")
    if len(catalog.lineage) > 1:
        used = ", ".join(each.name for each in catalog.lineage if each is not catalog)
        raise SettingsError(
            f"{catalog.name} uses {used}, whose migrations come first, so adopt could not mark the database; import "
            "into a new project"
        )
    spec = find_spec(catalog.modules) if catalog.modules is not None else None
    if spec is None or not spec.submodule_search_locations or catalog.modules is None:
        raise SettingsError(f'{catalog.name} names no package for its modules; write Catalog(..., modules="...")')
    if not isinstance(catalog.migrations, Path):
        raise SettingsError(f'{catalog.name} has no folder of migrations; write Catalog(..., migrations="migrations")')
    tests = project.folder / "tests"
    place = Place(
        catalog.modules,
        Path(spec.submodule_search_locations[0]),
        Path(str(catalog.folder)),
        catalog.migrations,
        _number_before(catalog.migrations),
        tests if tests.is_dir() else None,
        taken=_modules(catalog),
        dialects=dialects,
    )
    project.refuse_outside((place.module, place.sql, place.migrations))
    return place


def _number_before(migrations: Path) -> int:
    """Return the number of a migration before all others: a database without a history has the baseline alone."""
    numbers = [int(found[0]) for name in ids_in(migrations) if (found := _NUMBER.match(name))]
    if not numbers:
        return FIRST_NUMBER
    if min(numbers) == 0:
        raise SettingsError(f"{migrations} begins with 0000, so no number is left for the baseline; rename migrations")
    return min(numbers) - 1


def _modules(catalog: Catalog) -> frozenset[str]:
    """Return the modules that a catalog has."""
    return frozenset(query.module.rpartition(".")[2] for query in catalog.queries.values())
