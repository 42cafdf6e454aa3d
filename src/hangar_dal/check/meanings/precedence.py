"""Find comparisons without parentheses that the databases group in different ways.

On PostgreSQL, IN, LIKE and BETWEEN bind closer than all comparisons, and IS DISTINCT FROM binds less closely than `=`.
On SQLite, they have the precedence of `=`, and `<` binds closer. Reads tokens, because the parser groups operators in a
way of its own.
"""

from collections.abc import Iterator, Sequence
from enum import Enum
from typing import Final

from hangar_dal.query.clauses import ClauseScope, scopes_of_text
from hangar_dal.sqlscan import Dialect, Token


class _Operator(Enum):
    """A group of operators with the same precedence on both databases."""

    EQUAL = "="
    ORDER = "<"
    DISTINCT = "IS DISTINCT FROM"
    IS = "IS NULL"
    LIST = "IN"
    PATTERN = "LIKE"  # an operator after it may continue its right side


_SYMBOLS: Final = {
    **dict.fromkeys(("=", "<>", "!="), _Operator.EQUAL),
    **dict.fromkeys(("<", ">", "<=", ">="), _Operator.ORDER),
}
_WORDS: Final = {
    "IN": _Operator.LIST,
    "LIKE": _Operator.PATTERN,
    "BETWEEN": _Operator.PATTERN,
    "IS": _Operator.IS,
}
_CHARACTERS: Final = frozenset("+-*/<>=~!@#%^&|`?")
_COMPARED: Final = (_Operator.EQUAL, _Operator.ORDER, _Operator.DISTINCT)
# Pairs of operators that the databases group differently if the second follows the first.
_DIFFERENT: Final = {
    *((first, second) for first in _COMPARED for second in (_Operator.LIST, _Operator.PATTERN)),
    (_Operator.DISTINCT, _Operator.EQUAL),
    (_Operator.PATTERN, _Operator.ORDER),
    (_Operator.IS, _Operator.ORDER),
}
_KEYWORDS: Final = """
AND OR WHEN THEN ELSE SELECT FROM WHERE ON HAVING GROUP ORDER BY LIMIT OFFSET SET VALUES RETURNING UNION INTERSECT
EXCEPT AS USING JOIN LEFT RIGHT FULL INNER CROSS NATURAL ASC DESC NULLS WINDOW DISTINCT DO UPDATE FETCH FOR
"""
_ENDS: Final = frozenset(_KEYWORDS.split())  # words that end an expression
_AFTER_SET: Final = frozenset({"WHERE", "FROM", "RETURNING", "WHEN"})


def in_precedence(text: str, dialect: Dialect) -> Iterator[int]:
    """Yield the offset of the second of each two operators that the databases group in different ways."""
    for scope in scopes_of_text(text, dialect):
        yield from _different(scope)


def _different(scope: ClauseScope) -> Iterator[int]:
    around: list[Sequence[_Operator]] = []  # the operators before each CASE that is open
    met: list[_Operator] = []
    is_set = awaits_and = False
    for at, operator in _operators(scope):
        word = scope.word(at)
        if operator is None and word == "AND" and awaits_and:
            awaits_and = False
        elif operator is None and word == "CASE":
            around.append(met)
            met = []
        elif operator is None and word == "END":
            met = list(around.pop()) if around else []
        elif operator is None:
            is_set = word == "SET" or (is_set and not (word in _AFTER_SET and not around))
            met, awaits_and = [], False
        elif is_set and not around and not met and operator is _Operator.EQUAL and _assigns(scope, at):
            continue
        else:
            if any((before, operator) in _DIFFERENT for before in met):
                yield scope.offset(at)
            met.append(operator)
            awaits_and = awaits_and or word == "BETWEEN"


def _assigns(scope: ClauseScope, at: int) -> bool:
    """Return whether this `=` follows the name of a column that follows SET or a comma."""
    return scope.word(at - 2) == "SET" or scope.text(at - 2) == ","


def _operators(scope: ClauseScope) -> Iterator[tuple[int, _Operator | None]]:
    """Yield the index of each comparison and its operator; with None, that of a word or comma that ends an operand."""
    end = 0
    for at, word in enumerate(scope.words):
        if at < end:
            continue
        if word in _WORDS:
            is_distinct = word == "IS" and "DISTINCT" in scope.words[at + 1 : at + 3]
            # FROM belongs to IS DISTINCT FROM, and ends no expression.
            end = at + (scope.words[at:].index("FROM") if is_distinct and "FROM" in scope.words[at:] else 0) + 1
            yield at, _Operator.DISTINCT if is_distinct else _WORDS[word]
        elif word in ("ISNULL", "NOTNULL"):
            yield at, _Operator.IS
        elif word in _ENDS or word in ("CASE", "END") or scope.text(at) == ",":
            yield at, None
        elif scope.text(at) in _CHARACTERS:
            end = _end_of_symbol(scope, at)
            symbol = "".join(scope.text(each) for each in range(at, end))
            if symbol in _SYMBOLS:
                yield at, _SYMBOLS[symbol]


def _end_of_symbol(scope: ClauseScope, at: int) -> int:
    """Return the index after the last character of an operator."""
    end = at + 1
    while scope.text(end) in _CHARACTERS and _is_adjacent(scope.items[end - 1], scope.items[end]):
        if scope.text(end) in "+-":  # a sign
            break
        end += 1
    return end


def _is_adjacent(one: Token | ClauseScope, other: Token | ClauseScope) -> bool:
    return one.end == other.start
