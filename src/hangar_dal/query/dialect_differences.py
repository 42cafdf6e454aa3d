"""What equal twins do not do alike: they would give other rows, or the same ones in another order.

Twins that differ are left alone. Builds on `clauses`.
"""

from collections.abc import Iterator
from typing import Final

from hangar_dal.query.clauses import Scope
from hangar_dal.sqlscan import Kind, Token

_FOLDING: Final = ("LOWER", "UPPER")
_AGGREGATES: Final = frozenset(
    {"JSON_AGG", "JSONB_AGG", "ARRAY_AGG", "STRING_AGG", "JSON_GROUP_ARRAY", "JSONB_GROUP_ARRAY", "GROUP_CONCAT"}
)
Place = tuple[int, str]  # an offset, and the words there


def blind_to_case(scope: Scope) -> Iterator[Place]:
    """LIKE of what is not folded: `A` is like `a` to SQLite alone."""
    for at in (at for at, word in enumerate(scope.words) if word == "LIKE"):
        left = at - 2 if scope.word(at - 1) == "NOT" else at - 1
        item = scope.items[left] if left >= 0 else None
        is_folded = (
            item.before in _FOLDING
            if isinstance(item, Scope)
            else scope.text(left).strip('"').lower().endswith("_fold")
        )
        if not is_folded:
            yield scope.items[at].start, "LIKE"


def without_escape(scope: Scope) -> Iterator[Place]:
    """LIKE of a pattern that may hold a backslash, which is an escape to PostgreSQL alone."""
    for at in (at for at, word in enumerate(scope.words) if word == "LIKE"):
        pattern = scope.items[at + 1] if at + 1 < len(scope.items) else None
        is_text = isinstance(pattern, Token) and pattern.kind is Kind.STRING and "\\" not in pattern.text
        if is_text and scope.text(at + 2) != "|":
            continue
        ends = (end for end in range(at + 1, len(scope.words)) if scope.words[end] in ("AND", "OR", "LIKE"))
        if "ESCAPE" not in scope.words[at : next(ends, len(scope.words))]:
            yield scope.items[at].start, "LIKE"


def unordered_aggregates(scope: Scope) -> Iterator[Place]:
    """Items of a list in the order in which the rows happen to come; a table function's rows have one of their own."""
    from_ = scope.find("FROM")
    if from_ is None:
        return
    source, behind = [*scope.items[from_ + 1 : from_ + 3], None, None][:2]
    is_sorted = isinstance(source, Scope) and source.find("ORDER", "BY") is not None
    if not is_sorted and not isinstance(behind, Scope):
        yield from _unordered(scope)


def _unordered(scope: Scope) -> Iterator[Place]:
    """Those of this statement, also within the calls that it makes: `coalesce(json_agg(...), '[]')`."""
    for at, item in enumerate(scope.items):
        if not isinstance(item, Scope):
            continue
        if item.before in _AGGREGATES:
            in_window = "OVER" in scope.words[at + 1 : at + 4]  # perhaps behind FILTER (...), with an order of its own
            if item.find("ORDER", "BY") is None and not in_window:
                yield scope.items[at - 1].start, scope.text(at - 1)
        elif item.verb is None:
            yield from _unordered(item)
