"""Functional dependencies between the attributes of a relation. Knows no SQL.

An attribute is a column, an expression, or the identity of a row. Two values are equal if ORDER BY and GROUP BY treat
them as equal, so NULL is equal to NULL.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

Attribute = tuple[int, str]  # the number of a relation, and a name in it
Attributes = frozenset[Attribute]

NOTHING: Attributes = frozenset()


@dataclass(frozen=True, slots=True)
class Dependency:
    """A functional dependency: rows that are equal in all attributes of `left` are equal in all attributes of `right`.

    If `is_proven` is False, this may hold, but it cannot be determined. If `is_kept` is True, `right` is NULL where all
    of `left` is NULL, and no stored row has such a `left`. An outer join then keeps the dependency.
    """

    left: Attributes
    right: Attributes
    is_proven: bool = True
    is_kept: bool = False

    def gives(self, known: set[Attribute], *, optimistic: bool) -> Attributes:
        """Return the attributes that `known` determines. `optimistic` also uses a dependency that is not proven."""
        return self.right if (optimistic or self.is_proven) and self.left <= known else NOTHING


@dataclass(frozen=True, slots=True)
class SetArm:
    """One arm of a set operation, with the rules that hold for its rows."""

    outputs: tuple[Attribute, ...]
    row: Attribute
    rules: "tuple[Rule, ...]"


@dataclass(frozen=True, slots=True)
class SetDependency:
    """The dependencies between the columns of a set operation.

    Each row comes from one arm. A dependency that holds in every arm holds for the result if the known columns show
    which arm it is. The columns at the positions in `apart` show it, because each arm has a different constant there.
    If `may_be_apart` is True, the arms may have no row in common for another reason.
    """

    outputs: tuple[Attribute, ...]
    row: Attribute
    arms: tuple[SetArm, ...]
    apart: frozenset[int]
    may_be_apart: bool

    def gives(self, known: set[Attribute], *, optimistic: bool) -> Attributes:
        """Return the attributes that `known` determines in every arm."""
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


Rule = Dependency | SetDependency


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


def padded(rules: Iterable[Rule], never_null: set[Attribute], deciding: Attributes | None) -> list[Rule]:
    """Return the rules that hold after an outer join has added rows of NULLs for missing rows.

    A dependency on an attribute that is never NULL still holds, because no stored row is equal to a row of NULLs. All
    other dependencies hold only together with the attributes `deciding`, which decide whether a row was found. If
    `deciding` is None, no attributes decide it, and these dependencies are no longer proven.
    """
    found: list[Rule] = []
    for rule in rules:
        if isinstance(rule, SetDependency) or rule.is_kept:
            found.append(rule)
        elif rule.left & never_null:
            found.append(replace(rule, is_kept=True))
        elif deciding is not None:
            found.append(replace(rule, left=rule.left | deciding))
        else:
            found.append(replace(rule, is_proven=False))
    return found
