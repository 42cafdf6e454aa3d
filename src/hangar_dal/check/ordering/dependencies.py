"""Functional dependencies between the attributes of a relation. Knows no SQL.

An attribute is a column, an expression, or the identity of a row. Two values are equal if ORDER BY and GROUP BY treat
them as equal, so NULL is equal to NULL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Attribute = tuple[int, str]  # the number of the relation, and a name in it
Attributes = frozenset[Attribute]

NOTHING: Attributes = frozenset()


@dataclass(frozen=True, slots=True)
class Dependency:
    """Rows that are equal in all attributes of `left` are equal in all attributes of `right`.

    If `is_proven` is False, this may hold, but it cannot be determined. If `is_kept` is True, `right` is NULL where all
    of `left` is NULL, and no stored row has such a `left`. An outer join then keeps the dependency.
    """

    left: Attributes
    right: Attributes
    is_proven: bool = True
    is_kept: bool = False

    def gives(self, known: set[Attribute], *, optimistic: bool) -> Attributes:
        return self.right if (optimistic or self.is_proven) and self.left <= known else NOTHING


@dataclass(frozen=True, slots=True)
class Arm:
    """One query of a set operation, with the rules that hold for its rows."""

    outputs: tuple[Attribute, ...]
    row: Attribute
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class Arms:
    """A set operation. Each of its rows comes from one arm, so a dependency that holds in every arm may hold for all.

    For that, the known columns must show from which arm a row comes. The columns at the positions in `apart` show it:
    each arm has a different constant there. `may_be_apart`: the arms may share no row for another reason.
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
    """Return all attributes in which two rows are equal if they are equal in `start`.

    With `optimistic`, also uses the dependencies that are not proven.
    """
    known, rules = set(start), tuple(rules)
    while True:
        before = len(known)
        for rule in rules:
            known |= rule.gives(known, optimistic=optimistic)
        if len(known) == before:
            return known


def padded(rules: Iterable[Rule], never_null: set[Attribute], beside: Attributes | None) -> list[Rule]:
    """Return the rules that hold after an outer join has added rows of NULLs for missing rows.

    A dependency on an attribute that is never NULL still holds, because no stored row is equal to a row of NULLs. All
    other dependencies hold only together with the attributes `beside`, which decide whether a row was found. If
    `beside` is None, no attributes decide it, and these dependencies are no longer proven.
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
