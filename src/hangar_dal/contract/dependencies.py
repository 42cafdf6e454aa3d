"""What follows from what in the rows of a relation: functional dependencies. Knows no SQL.

An attribute is a column, an expression, or which row of a relation it is. Two values are equal if a sort or a GROUP BY
calls them equal, so that NULL is equal to NULL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Attribute = tuple[int, str]  # the relation's number, and a name within it
Attributes = frozenset[Attribute]

NOTHING: Attributes = frozenset()


@dataclass(frozen=True, slots=True)
class Dependency:
    """Rows that are equal in all of `left` are equal in all of `right`.

    `is_proven`: if false, this may hold, but it cannot be determined. `is_kept`: where all of `left` is NULL so is
    `right`, and no real row has it so; then no outer join can harm it.
    """

    left: Attributes
    right: Attributes
    is_proven: bool = True
    is_kept: bool = False

    def gives(self, known: set[Attribute], *, optimistic: bool) -> Attributes:
        return self.right if (optimistic or self.is_proven) and self.left <= known else NOTHING


@dataclass(frozen=True, slots=True)
class Arm:
    """One query of a set operation."""

    outputs: tuple[Attribute, ...]
    row: Attribute
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Arms:
    """A set operation, of which every row is of one arm: what is decided in each arm is so in all.

    That needs to know of which arm a row is: a position of `apart` tells, as it is a constant of its own in each.
    `may_be_apart`: the arms might share no row for another reason.
    """

    outputs: tuple[Attribute, ...]
    row: Attribute
    arms: tuple[Arm, ...]
    apart: frozenset[int]
    may_be_apart: bool

    def gives(self, known: set[Attribute], *, optimistic: bool) -> Attributes:
        places = {place for place, output in enumerate(self.outputs) if output in known}
        if not (places & self.apart or (optimistic and self.may_be_apart)):
            return NOTHING
        whole = [closure((arm.outputs[at] for at in places), arm.rules, optimistic=optimistic) for arm in self.arms]
        found = {
            output
            for place, output in enumerate(self.outputs)
            if all(arm.outputs[place] in of_arm for arm, of_arm in zip(self.arms, whole, strict=True))
        }
        if all(arm.row in of_arm for arm, of_arm in zip(self.arms, whole, strict=True)):
            found.add(self.row)
        return frozenset(found)


Rule = Dependency | Arms


def closure(start: Iterable[Attribute], rules: Iterable[Rule], *, optimistic: bool = False) -> set[Attribute]:
    """All in which two rows are equal that are equal in `start`; `optimistic`: by what only may hold too."""
    known, rules = set(start), tuple(rules)
    while True:
        before = len(known)
        for rule in rules:
            known |= rule.gives(known, optimistic=optimistic)
        if len(known) == before:
            return known


def padded(rules: Iterable[Rule], never_null: set[Attribute], beside: Attributes | None) -> list[Rule]:
    """What still holds where an outer join puts a row of NULLs for one that is missing.

    A dependency on what is never NULL does: no real row is equal to that one. Any other needs to know besides whether
    there was a match, which `beside` decides; it is None where nothing does.
    """
    found: list[Rule] = []
    for rule in rules:
        if isinstance(rule, Arms) or rule.is_kept:
            found.append(rule)
        elif rule.left & never_null:
            found.append(replace(rule, is_kept=True))
        elif beside is not None:
            found.append(replace(rule, left=rule.left | beside))
        else:
            found.append(replace(rule, is_proven=False))
    return found
