"""Compare the schemas of the two databases, object by object: `compare_twins(sqlite, postgresql)`."""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from hangar_dal.migrations.schema import Schema
from hangar_dal.migrations.twin_objects import Key, Objects, TwinObject, objects_of
from hangar_dal.migrations.twin_values import undecided, unequal_values
from hangar_dal.sqlscan import DIALECTS, Dialect

OTHER: Final[Mapping[Dialect, Dialect]] = {"sqlite": "postgresql", "postgresql": "sqlite"}


class SchemaDifference(NamedTuple):
    """One object in each database, or None. If only values in a rule differ, `values` has them for both databases."""

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
        """A value that changes only if a migration changes how the object differs between the databases.

        If only one database has the object, changes of the object do not count.
        """
        if self.sqlite and self.postgresql:
            return self.sqlite.alike, self.postgresql.alike, self.values
        return self.having


class Twins(NamedTuple):
    """The objects of both databases, and their differences. The objects in `undecided` could not be compared."""

    sqlite: Objects
    postgresql: Objects
    differences: Mapping[Key, SchemaDifference]
    undecided: frozenset[Key] = frozenset()

    def on(self, dialect: Dialect) -> Objects:
        return self.sqlite if dialect == "sqlite" else self.postgresql

    def named(self, label: str, dialect: Dialect) -> tuple[Key, ...]:
        """Return the keys of the objects that a declaration names. Constraints of several tables may share a name."""
        return tuple(key for key, one in self.on(dialect).items() if one.label and label in _labels(key, one))

    def label_of(self, key: Key, dialect: Dialect) -> str:
        """Return the name for a declaration, with the table if another table has an object of the same name."""
        plain, long = _labels(key, self.on(dialect)[key])
        return plain if len(self.named(plain, dialect)) == 1 else long

    def differing(self, dialect: Dialect) -> Iterator[TwinObject]:
        """Yield the objects of this database that differ."""
        yield from (one for difference in self.differences.values() if (one := difference.on(dialect)))

    def wholes_of(self, key: Key, dialect: Dialect) -> Iterator[Key]:
        """Yield the keys of the objects that contain this object, from the inside out."""
        while (one := self.on(dialect).get(key)) and one.whole:
            key = one.whole
            yield key

    def whole_of(self, key: Key, dialect: Dialect) -> TwinObject | None:
        """Return the object that contains this object and differs itself; None if there is none.

        Differences of its parts are not reported.
        """
        wholes = (whole for whole in self.wholes_of(key, dialect) if whole in self.differences)
        return next((self.on(dialect)[whole] for whole in wholes), None)


NO_TWINS = Twins({}, {}, {})


def compare_twins(sqlite: Schema, postgresql: Schema) -> Twins:
    """Return the objects of both databases and their differences."""
    here, there = objects_of(sqlite, "sqlite"), objects_of(postgresql, "postgresql")
    values = unequal_values(sqlite, postgresql)
    type_checks = {(table.name, name) for table in sqlite.tables for name in table.type_checks}
    found: dict[Key, SchemaDifference] = {}
    for key in here.keys() | there.keys():
        one, other = here.get(key), there.get(key)
        if one and other and one.alike == other.alike and key not in values:
            continue
        if other is None and (key.table, key.name) in type_checks:
            continue  # a type of PostgreSQL enforces this rule
        found[key] = SchemaDifference(one, other, values.get(key))
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
