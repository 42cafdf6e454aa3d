"""Find parameters for which NULL leaves no row, because each row has to pass a comparison with the parameter.

Omits statements that may handle NULL on purpose. They have `:name IS NULL`, an OR with another condition, a CASE, a
NOT, an outer join or a subquery. A comparison that WHERE of the whole statement requires always counts. Reads tokens.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind, Token

_COMPARISONS: Final = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_CLAUSES: Final = frozenset({"SELECT", "FROM", "WHERE", "ON", "HAVING", "SET", "VALUES", "RETURNING", "BY", "LIMIT"})
_OUTER: Final = frozenset({"LEFT", "RIGHT", "FULL"})
_GROUPED: Final = frozenset({"", "WHERE", "ON", "HAVING", "AND", "OR"})  # words before a parenthesis that is no call
# Set operations, whose other arms may return rows.
_SEVERAL: Final = frozenset({"UNION", "EXCEPT", "INTERSECT"})
_BEHIND_WHERE: Final = frozenset(
    {"ON", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING"}
)


class _Word(NamedTuple):
    """A token. `compared` is True if it is next to a comparison in the same parentheses, or a bound of BETWEEN."""

    text: str
    compared: bool


def compares(variant: Variant, name: str) -> bool:
    """Return whether each row must pass a comparison with the parameter `name`.

    That is the case if the parameter is compared wherever it is used, or in a condition of the whole statement.
    """
    root = scopes(variant)[0]
    return _is_condition(root, name) or _compares_everywhere(root, variant, name)


def is_excluded(variant: Variant, name: str) -> bool:
    """Return whether the parameter is an item of a list after NOT IN."""
    for scope in scopes(variant):
        for at, inner in scope.nested:
            is_list = inner.verb is None and any(inner.text(item) == f":{name}" for item in _items(inner))
            if scope.word(at - 1) == "IN" and is_list and "NOT" in (scope.word(at - 2), scope.word(at - 3)):
                return True
    return False


def _items(scope: ClauseScope) -> Iterator[int]:
    """Yield the indexes of the items of a list that are one token."""
    places = range(len(scope.items))
    yield from (at for at in places if scope.text(at - 1) in ("", ",") and scope.text(at + 1) in ("", ","))


def _is_condition(root: ClauseScope, name: str) -> bool:
    """Return whether WHERE of the whole statement joins conditions by AND, and one of them compares the parameter."""
    where = root.find("WHERE")
    if where is None or any(word in _SEVERAL for word in root.words) or "CONFLICT" in root.words[:where]:
        return False
    words = [root.text(at) if word == "" else word for at, word in enumerate(root.words)]
    end = next((at for at in range(where + 1, len(words)) if words[at] in _BEHIND_WHERE), len(words))
    condition = words[where + 1 : end]
    if {"OR", "CASE"} & {*condition}:
        return False
    tests = " ".join(word or "()" for word in condition).split(" AND ")
    return any(re.fullmatch(rf"[\w.\s]+ (?:=|<>|!=|<|<=|>|>=) :{name}", test) for test in tests)


def _compares_everywhere(root: ClauseScope, variant: Variant, name: str) -> bool:
    """Return whether the statement compares the parameter wherever it uses it, and in each arm of an OR."""
    words = list(_words(root))
    texts = [word.text for word in words]
    places = [at for at, word in enumerate(words) if word.text == f":{name}"]
    if len(places) < sum(place.name == name for place in variant.parameters):
        return False
    if any(word == "NOT" and before != "IS" for before, word in zip(["", *texts], texts, strict=False)):
        return False
    return all(words[at].compared and _filters(texts[:at]) for at in places) and _each_arm_of_or(texts, f":{name}")


def _words(scope: ClauseScope) -> Iterator[_Word]:
    """Yield the words of a scope and of its parentheses that are no calls and no subqueries."""
    for at, item in enumerate(scope.items):
        if isinstance(item, Token):
            is_compared = scope.text(at - 1) in _COMPARISONS or scope.text(at + 1) in _COMPARISONS
            is_compared |= scope.word(at - 1) == "BETWEEN"
            is_compared |= scope.word(at - 1) == "AND" and scope.word(at - 3) == "BETWEEN"
            yield _Word(item.text.upper() if item.kind is Kind.WORD else item.text, is_compared)
        elif item.before in _GROUPED and item.verb is None:
            yield from _words(item)


def _filters(before: list[str]) -> bool:
    """Return whether the text after these words is a condition that selects rows, outside of a CASE."""
    clause = next((word for word in reversed(before) if word in _CLAUSES), "")
    of_rows = clause in ("WHERE", "HAVING") or (clause == "ON" and _OUTER.isdisjoint(before))
    return of_rows and before.count("CASE") == before.count("END")


def _each_arm_of_or(texts: list[str], parameter: str) -> bool:
    """Return whether each arm of an OR has the parameter. True if there is no OR."""
    begin = next((at for at, word in enumerate(texts) if word in ("WHERE", "HAVING", "ON")), 0)
    arms: list[list[str]] = [[]]
    for word in texts[begin:]:
        if word == "OR":
            arms.append([])
        arms[-1].append(word)
    return all(parameter in arm for arm in arms)
