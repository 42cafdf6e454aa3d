"""Which migrations this package carries, against those a database has had: one SELECT shows whether it is up to date.

Knows neither yoyo nor a driver, so that opening a database costs neither import. Builds on
`errors` alone.
"""

from collections.abc import Collection
from functools import cache
from importlib.resources import files
from typing import Final

from hangar_dal.errors import SchemaOutOfDate

MIGRATION_TABLE: Final = "_yoyo_migration"
APPLIED_SQL: Final = "SELECT migration_id FROM _yoyo_migration"
# yoyo's own temporary files and `__init__.py` are no migrations.
_NO_MIGRATION: Final = "_"


@cache
def packaged_ids() -> tuple[str, ...]:
    """The ids of the migrations that came with this package, in the order in which they are applied."""
    folder = files("hangar_dal.sql") / "migrations"
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name[:-3] for name in names if name.endswith(".py") and not name.startswith(_NO_MIGRATION)))


def pending(applied: Collection[str]) -> tuple[str, ...]:
    """The packaged migrations that are not among `applied`, in order."""
    return tuple(migration for migration in packaged_ids() if migration not in applied)


def check(applied: Collection[str]) -> None:
    """Raises `SchemaOutOfDate`, with the commands that help, unless every packaged migration was applied."""
    missing = pending(applied)
    if missing:
        raise SchemaOutOfDate(
            f"the database lacks {len(missing)} of {len(packaged_ids())} migrations: {', '.join(missing)}."
            " Apply them with `yoyo apply` in a checkout, or with `hangar-dal migrations apply`",
            pending=missing,
        )
