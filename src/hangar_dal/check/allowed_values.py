"""Read the values that a CHECK allows in a column from the text of the constraint.

Understands constraints that list the values: `status IN ('A', 'B')` or `status = 'A' OR status = 'B'`, also after
`status IS NULL OR` or joined to other conditions by AND. Returns no values for other constraints.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from hangar_dal.sqlscan import Dialect, Kind, Token, between_commas, scan

# The second and later words of type names after `::`, as in `(status)::character varying(8)[]`.
_TYPE_ENDINGS: Final = frozenset({"VARYING", "PRECISION", "WITH", "WITHOUT", "TIME", "ZONE"})
_PARENTHESES: Final = frozenset("()[]")
_LITERALS: Final = frozenset({Kind.STRING, Kind.NUMBER})


def allowed_values(rule: str, dialect: Dialect) -> dict[str, tuple[str, ...]]:
    """Return the allowed values by column, for the columns whose values this CHECK lists.

    The names of columns are in lower case. The values are texts in the order of the CHECK.
    """
    tokens = [token for token in scan(rule, dialect) if token.kind is not Kind.COMMENT]
    # Parentheses have no effect if only AND or only OR joins conditions, so ignore them. NOT and CASE are not read.
    tokens = [token for token in _without_casts(tokens) if token.text not in _PARENTHESES]
    words = {token.text.upper() for token in tokens if token.kind is Kind.WORD}
    if words & {"NOT", "CASE"}:
        return {}
    if "OR" not in words:
        found = [_named(part) for part in _split(tokens, "AND")]
        return {column: values for column, values in reversed(found) if column and values}
    arms = [_named(part) for part in _split(tokens, "OR")]
    columns = {column if values is not None else None for column, values in arms}
    together = tuple(dict.fromkeys(chain.from_iterable(values or () for _, values in arms)))
    column = columns.pop()
    return {column: together} if column and together and not columns else {}


def _without_casts(tokens: Sequence[Token]) -> Iterator[Token]:
    at = 0
    while at < len(tokens):
        if tokens[at].text != "::":
            yield tokens[at]
            at += 1
            continue
        at += 2
        while at < len(tokens) and tokens[at].text.upper() in _TYPE_ENDINGS:
            at += 1
        if [token.text for token in tokens[at : at + 3 : 2]] == ["(", ")"] and tokens[at + 1].kind is Kind.NUMBER:
            at += 3
        if [token.text for token in tokens[at : at + 2]] == ["[", "]"]:
            at += 2


def _split(tokens: Sequence[Token], word: str) -> Iterator[list[Token]]:
    part: list[Token] = []
    for token in tokens:
        if token.kind is Kind.WORD and token.text.upper() == word:
            yield part
            part = []
        else:
            part.append(token)
    yield part


def _named(part: Sequence[Token]) -> tuple[str, tuple[str, ...] | None]:
    """Return the column of one comparison and its values: () for IS NULL, None for any other comparison."""
    column = _name(part[0]) if part else ""
    words = [token.text.upper() for token in part]
    if words[1:] == ["IS", "NULL"]:
        return column, ()
    for operator, is_list in ((["IN"], True), (["=", "ANY", "ARRAY"], True), (["="], False)):
        if words[1 : 1 + len(operator)] == operator:
            values = _literals(part[1 + len(operator) :])
            return column, values if values and (is_list or len(values) == 1) else None
    return column, None


def _literals(tokens: Sequence[Token]) -> tuple[str, ...] | None:
    """Return the literals between the commas as texts; None if anything else is between them."""
    values: list[str] = []
    for item in between_commas(tokens):
        sign, literal = ("-", item[1:]) if item and item[0].text == "-" else ("", item)
        if len(literal) != 1 or literal[0].kind not in _LITERALS or (sign and literal[0].kind is Kind.STRING):
            return None
        text = literal[0].text
        if text.startswith("'"):
            text = text[1:-1].replace("''", "'")
        elif literal[0].kind is Kind.STRING:  # E'' and $$ are not used for such values
            return None
        values.append(sign + text)
    return tuple(values)


def _name(token: Token) -> str:
    """Return the name in lower case; "" if the token is no name."""
    if token.kind is Kind.WORD:
        return token.text.lower()
    return token.text[1:-1].replace('""', '"').lower() if token.kind is Kind.NAME else ""
