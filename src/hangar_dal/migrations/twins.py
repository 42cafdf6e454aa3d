"""How the schemas of the two databases differ, object by object: `twin_differences(sqlite, postgresql)`.

Builds on `twin_objects` and `twin_values`.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.twin_objects import Key, Objects, TwinObject, objects_of
from hangar_dal.migrations.twin_values import undecided, unequal_values
from hangar_dal.sqlscan import DIALECTS, Dialect

DATABASES: Final[Mapping[Dialect, str]] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
OTHER: Final[Mapping[Dialect, Dialect]] = {"sqlite": "postgresql", "postgresql": "sqlite"}


class Difference(NamedTuple):
    """One object as each database has it, or None. `values` is what differs in rules that look alike otherwise."""

    sqlite: TwinObject | None
    postgresql: TwinObject | None
    values: tuple[str, str] | None = None

    def on(self, dialect: Dialect) -> TwinObject | None:
        return self.sqlite if dialect == "sqlite" else self.postgresql

    @property
    def having(self) -> tuple[Dialect, ...]:
        """The databases that have the object."""
        return tuple(dialect for dialect in DIALECTS if self.on(dialect))

    @property
    def gist(self) -> tuple[object, ...]:
        """Equal for the same difference before and after a migration.

        An object that only one database has may change there: that it is missing on the other remains the difference.
        """
        if self.sqlite and self.postgresql:
            return self.sqlite.alike, self.postgresql.alike, self.values
        return self.having


class Twins(NamedTuple):
    """The objects of both databases, those that differ, and those that may, since their words cannot be compared."""

    sqlite: Objects
    postgresql: Objects
    differences: Mapping[Key, Difference]
    undecided: frozenset[Key] = frozenset()

    def on(self, dialect: Dialect) -> Objects:
        return self.sqlite if dialect == "sqlite" else self.postgresql

    def named(self, label: str, dialect: Dialect) -> tuple[Key, ...]:
        """The objects that a declaration may mean: several if tables have constraints of one name."""
        return tuple(key for key, one in self.on(dialect).items() if one.label and label in _labels(key, one))

    def label_of(self, key: Key, dialect: Dialect) -> str:
        """How a declaration names the object: with its table if another table has one of the same name."""
        plain, long = _labels(key, self.on(dialect)[key])
        return plain if len(self.named(plain, dialect)) == 1 else long

    def differing(self, dialect: Dialect) -> Iterator[TwinObject]:
        """What differs and is in this database."""
        yield from (one for difference in self.differences.values() if (one := difference.on(dialect)))

    def whole_of(self, key: Key, dialect: Dialect) -> TwinObject | None:
        """What includes this object and differs itself: the difference is reported of the whole alone."""
        one = self.on(dialect).get(key)
        while one and one.whole:
            if one.whole in self.differences:
                return self.on(dialect)[one.whole]
            one = self.on(dialect).get(one.whole)
        return None


NO_TWINS = Twins({}, {}, {})


def compare_twins(sqlite: Schema, postgresql: Schema) -> Twins:
    """Without differences if the migrations' files are twins."""
    here, there = objects_of(sqlite, "sqlite"), objects_of(postgresql, "postgresql")
    values = unequal_values(sqlite, postgresql)
    type_checks = {(table.name, name) for table in sqlite.tables for name in table.type_checks}
    found: dict[Key, Difference] = {}
    for key in here.keys() | there.keys():
        one, other = here.get(key), there.get(key)
        if one and other and one.alike == other.alike and key not in values:
            continue
        if other is None and (key.table, key.name) in type_checks:
            continue  # what a type of PostgreSQL does by itself
        found[key] = Difference(one, other, values.get(key))
    twins = Twins(here, there, found, undecided(sqlite, postgresql))
    own = {
        key: difference
        for key, difference in sorted(found.items())
        if not all(twins.whole_of(key, dialect) for dialect in difference.having)
    }
    return twins._replace(differences=own)


def _labels(key: Key, one: TwinObject) -> tuple[str, str]:
    label = one.label.replace('"', "")
    return label, f"{label} on {key.table}" if key.table else label
