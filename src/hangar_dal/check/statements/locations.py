"""Find the line and column of a finding about a checked statement."""

from collections.abc import Iterator
from typing import Final

from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlscan import Kind, Token, between_commas

_BEHIND_LIST: Final = frozenset({"FROM", "WHERE", "GROUP", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "WINDOW"})


def finding_at(
    checked: CheckedVariant,
    rule: Rule,
    message: str,
    fix: str = "",
    *,
    at: int | None = None,
) -> Finding:
    """Return a finding at an offset of the statement's text, or at the block's header if `at` is None."""
    line, column = place_of(checked, at)
    block = checked.block
    return rule.finding(block.path, line, column, message, fix, dialect=block.dialect, query=checked.query.name)


def place_of(checked: CheckedVariant, at: int | None) -> tuple[int, int]:
    """Return the line and column in the file for an offset of the statement's text; None means the block's header."""
    return (checked.block.line, 1) if at is None else checked.variant.place_at(at)


def parameter_at(checked: CheckedVariant, name: str) -> int | None:
    """Return the first offset of the parameter; None if the statement does not use it."""
    return next((place.start for place in checked.variant.parameters if place.name == name), None)


def depends_on_arguments(checked: CheckedVariant, at: int | None) -> bool:
    """Return whether the line at this offset is left out for some arguments."""
    number = None if at is None else checked.variant.place_at(at)[0]
    return any(line.number == number and line.conditions for line in checked.variant.lines)


def column_at(checked: CheckedVariant, name: str) -> int | None:
    """Return the offset of the word that names a column of the result: its alias, or the selected column.

    If no item of the outermost list ends in this name, returns the first word that is the name; None if there is none.
    """
    items = list(_items(checked.variant.tokens))
    named = [item[-1] for item in items if item] + [word for item in items for word in item]
    return next(
        (token.start for token in named if _is_name(token) and token.text.strip('"').lower() == name.lower()), None
    )


def is_named(checked: CheckedVariant, name: str) -> bool:
    """Return whether the statement itself names this column of the result, also by `*`.

    Otherwise the database makes up a name, and the other database may make up another one.
    """
    last = [item[-1] for item in _items(checked.variant.tokens) if item]
    names = {token.text.strip('"').lower() for token in last if _is_name(token)}
    return name.lower() in names or any(token.text == "*" for token in last)


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.NAME)


def _items(tokens: tuple[Token, ...]) -> Iterator[list[Token]]:
    """Yield the items of the outermost list of columns, and then the rest of the statement. Omits parentheses."""
    outer = [token for depth, token in _levels(tokens) if depth == 0]
    words = [token.text.upper() for token in outer]
    starts = [at for at, word in enumerate(words) if word in ("SELECT", "RETURNING")]
    start = starts[-1] if starts and words[starts[-1]] == "RETURNING" else (starts or [0])[0]
    end = next((at for at, word in enumerate(words) if at > start and word in _BEHIND_LIST), len(outer))
    yield from between_commas(outer[start + 1 : end])
    yield outer[end:]


def _levels(tokens: tuple[Token, ...]) -> Iterator[tuple[int, Token]]:
    depth = 0
    for token in tokens:
        depth -= token.text == ")" and token.kind is Kind.OPERATOR
        if token.kind not in (Kind.COMMENT, Kind.SEMICOLON):
            yield depth, token
        depth += token.text == "(" and token.kind is Kind.OPERATOR
