"""Find the text that an expression was parsed from. The parser keeps only the offsets of names, literals and NULL."""

from collections.abc import Sequence
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.parse import parsed
from hangar_dal.check.sql.parser_input import place_of
from hangar_dal.migrations.identifiers import RESERVED
from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

_CALLS: Final = frozenset({"CAST", "LEFT", "RIGHT"})  # reserved words that are names of functions


def source_text(side: exp.Expr, condition: exp.Expr, text: str, dialect: Dialect) -> str | None:
    """Return one side of a condition as it is written, but without qualifiers of columns; None if this is not certain.

    It is certain if the text, parsed again, gives the same expression.
    """
    code = [token for token in tokens_of(text, dialect) if token.kind is not Kind.COMMENT]
    ours = _starts(side, text, dialect)
    places = [index for index, token in enumerate(code) if token.start in ours]
    if not places:
        return None
    first, last = _widened(code, min(places), max(places), _starts(condition, text, dialect) - ours)
    dropped = {place for each in side.find_all(exp.Column) for place in _starts(each, text, dialect, "table")}
    written, index = "", first
    while index <= last:
        written += " " * (index > first and code[index - 1].end < code[index].start)
        index += 2 * (code[index].start in dropped)  # the qualifier and its dot
        written += code[index].text
        index += 1
    again = parsed(f"SELECT {written}", dialect)
    bare = side.copy()
    for column in bare.find_all(exp.Column):
        column.set("table", None)
    return written if again is not None and again.expressions == [bare] else None


def _starts(node: exp.Expr, text: str, dialect: Dialect, argument: str = "") -> set[int]:
    """Return the offsets of the names, literals and NULLs below a node, or below one of its arguments."""
    root = node.args.get(argument) if argument else node
    below = root.walk() if root is not None else ()
    return {place_of(each.meta["start"], text, dialect) for each in below if "start" in each.meta}


def _widened(code: Sequence[Token], first: int, last: int, others: set[int]) -> tuple[int, int]:
    """Return the range with the parentheses around it, functions before and `::type` after it, but without others."""
    while True:
        last = _closed(code, first, last)
        if last + 1 < len(code) and code[last + 1].text == "::":
            last += 2
        if code[first - 1].text != "(":
            return first, last
        end = _closed(code, first - 1, first - 1)
        if any(token.start in others for token in code[first - 1 : end + 1]):
            return first, last
        first, last = first - 1, end
        name = code[first - 1]
        if name.kind is Kind.WORD and (name.text.upper() in _CALLS or name.text.upper() not in RESERVED):
            first -= 1


def _closed(code: Sequence[Token], first: int, last: int) -> int:
    """Return the last place of the range, extended until each parenthesis in it is closed."""
    depth = 0
    for place in range(first, len(code)):
        depth += {"(": 1, ")": -1}.get(code[place].text, 0)
        if place >= last and depth <= 0:
            return place
    return last
