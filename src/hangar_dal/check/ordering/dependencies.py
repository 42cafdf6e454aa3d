"""Functional dependencies between the attributes of relations. Knows no SQL.

An attribute is a column, an expression, or the identity of a row. Two values are equal if ORDER BY and GROUP BY treat
them as equal, so NULL is equal to NULL.

The dependencies are those that may hold. Where it is not known whether one holds, it is assumed, so that nothing is
reported that is not certain.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

Attribute = tuple[int, str]  # the number of a relation, and a name in it
Attributes = frozenset[Attribute]

NOTHING: Final[Attributes] = frozenset()


class Dependency(NamedTuple):
    """Rows that are equal in all attributes of `left` are equal in all attributes of `right`."""

    left: Attributes
    right: Attributes

    def gives(self, known: set[Attribute]) -> Attributes:
        """Return the attributes that `known` determines."""
        return self.right if self.left <= known else NOTHING


class UnionArm(NamedTuple):
    """An arm of a UNION, with the dependencies of its rows."""

    outputs: tuple[Attribute, ...]
    row: Attribute
    rules: "tuple[Rule, ...]"


class UnionDependency(NamedTuple):
    """The dependencies of a UNION: what the known columns determine in every arm.

    Rows of different arms may be equal in these columns. This is not certain, so they count as different.
    """

    outputs: tuple[Attribute, ...]
    row: Attribute
    arms: tuple[UnionArm, ...]

    def gives(self, known: set[Attribute]) -> Attributes:
        """Return the attributes that `known` determines in every arm."""
        places = [place for place, output in enumerate(self.outputs) if output in known]
        if not places:
            return NOTHING
        within = [closure((arm.outputs[at] for at in places), arm.rules) for arm in self.arms]
        arms = list(zip(self.arms, within, strict=True))
        found = {out for at, out in enumerate(self.outputs) if all(arm.outputs[at] in given for arm, given in arms)}
        return frozenset(found | ({self.row} if all(arm.row in given for arm, given in arms) else set()))


Rule = Dependency | UnionDependency


def closure(start: Iterable[Attribute], rules: Iterable[Rule]) -> set[Attribute]:
    """Return all attributes in which two rows are equal if they are equal in `start`."""
    known, rules = set(start), tuple(rules)
    while True:
        before = len(known)
        for rule in rules:
            known |= rule.gives(known)
        if len(known) == before:
            return known
