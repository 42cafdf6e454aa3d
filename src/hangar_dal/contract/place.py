"""Where in a file a finding of one checked statement belongs. Stands above `variants`."""

from collections.abc import Iterator

from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.finding import Finding, Severity
from hangar_dal.sqlscan import Kind, Token


def found(
    checked: CheckedVariant,
    rule: str,
    message: str,
    fix: str = "",
    *,
    at: int | None = None,
    severity: Severity = "error",
) -> Finding:
    """A finding at an offset of the statement's text, or at the block's header."""
    line, column = (checked.block.line, 1) if at is None else checked.variant.place_at(at)
    block = checked.block
    return Finding(block.path, line, column, block.dialect, checked.query.name, rule, severity, message, fix)


def parameter_at(checked: CheckedVariant, name: str) -> int | None:
    """Where the parameter stands first."""
    return next((place.start for place in checked.variant.parameters if place.name == name), None)


def depends_on_arguments(checked: CheckedVariant, at: int | None) -> bool:
    """Whether what stands at this offset is left out for some arguments."""
    number = None if at is None else checked.variant.place_at(at)[0]
    return any(line.number == number and line.conditions for line in checked.variant.lines)


def column_at(checked: CheckedVariant, name: str) -> int | None:
    """Where a result's column most likely is written: by its alias, else by its name, in the outermost list."""
    outer = [token for depth, token in _levels(checked.variant.tokens) if depth == 0]
    words = [token.text.upper() for token in outer]
    starts = [at for at, word in enumerate(words) if word in ("SELECT", "RETURNING")]
    behind = outer[starts[-1] if starts and words[starts[-1]] == "RETURNING" else (starts or [0])[0] :]
    named = [token for token in behind if token.text.strip('"').lower() == name.lower()]
    return named[0].start if named else None


def _levels(tokens: tuple[Token, ...]) -> Iterator[tuple[int, Token]]:
    depth = 0
    for token in tokens:
        depth -= token.text == ")" and token.kind is Kind.OPERATOR
        if token.kind in (Kind.WORD, Kind.NAME):
            yield depth, token
        depth += token.text == "(" and token.kind is Kind.OPERATOR
