"""Compare the migrations of a catalog and its base catalogs with the migrations applied to a database.

One SELECT shows whether a database is up to date. Imports neither yoyo nor a driver, so that opening a database stays
fast.
"""

from collections.abc import Collection, Iterator, Mapping
from importlib.resources.abc import Traversable
from itertools import groupby
from typing import Final

from hangar_dal.carrier import Carrier
from hangar_dal.errors import CatalogError, SchemaOutOfDate
from hangar_dal.sqlscan import Dialect

MIGRATION_TABLE: Final = "_yoyo_migration"
# yoyo's own tables, which are not tables of an application.
YOYO_TABLES: Final = ("yoyo_lock", "_yoyo_log", MIGRATION_TABLE, "_yoyo_version")
APPLIED_SQL: Final = f"SELECT migration_id FROM {MIGRATION_TABLE}"  # noqa: S608
# Files with this prefix are not migrations: `__init__.py` and yoyo's temporary files.
_NO_MIGRATION: Final = "_"


def carried(catalog: Carrier) -> Mapping[str, Carrier]:
    """Return the ids of all migrations of a catalog's lineage, in the order of application, with their catalogs.

    Raises `CatalogError` if a folder is missing, or if two catalogs have a migration of the same id.
    """
    found: dict[str, Carrier] = {}
    for each in catalog.lineage:
        for migration in _ids(each):
            if migration in found:
                raise CatalogError([_twice(migration, found[migration], each)])
            found[migration] = each
    return found


def scripts(catalog: Carrier, dialect: Dialect) -> Iterator[str]:
    """Yield the SQL of all migrations of a catalog's lineage, in the order of application."""
    for migration, each in carried(catalog).items():
        folder = _folder(each)
        if folder is not None:
            yield folder.joinpath(dialect, f"{migration}.sql").read_text(encoding="utf-8-sig")


def check(catalog: Carrier, applied: Collection[str]) -> None:
    """Raise `SchemaOutOfDate`, with the command to run, unless all migrations of the lineage are applied."""
    every = carried(catalog)
    missing = tuple(migration for migration in every if migration not in applied)
    if missing:
        by_catalog = groupby(missing, lambda migration: every[migration].name)
        listed = "; ".join(f"{', '.join(ids)} of {name}" for name, ids in by_catalog)
        raise SchemaOutOfDate(
            f"the database lacks {len(missing)} of {len(every)} migrations: {listed}."
            " Apply them with `hangar-dal migrations apply`. If no pyproject.toml names the catalog, add `--catalog"
            " MODULE:NAME`",
            pending=missing,
        )


def _ids(catalog: Carrier) -> Iterator[str]:
    folder = _folder(catalog)
    if folder is not None:
        names = (entry.name for entry in folder.iterdir())
        yield from sorted(name[:-3] for name in names if name.endswith(".py") and not name.startswith(_NO_MIGRATION))


def _folder(catalog: Carrier) -> Traversable | None:
    folder = catalog.migrations
    if folder is not None and not folder.is_dir():
        fix = "correct `migrations` of the catalog, and make sure that its wheel contains the folder"
        raise CatalogError([f"{catalog.name}: the migration folder {folder} does not exist; {fix}"])
    return folder


def _twice(migration: str, one: Carrier, other: Carrier) -> str:
    return (
        f"the migration {migration} is in {one.migrations} of {one.name} and in {other.migrations} of {other.name}; "
        "the history identifies a migration by its id alone: rename the one that no database has applied yet"
    )
