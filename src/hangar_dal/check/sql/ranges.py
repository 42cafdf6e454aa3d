"""Find columns that a block compares with two bounds, so that the bounds form a range. Reads tokens."""

from collections.abc import Sequence

from hangar_dal.sqlscan import Kind, Token


def is_range(tokens: Sequence[Token], column: str) -> bool:
    """Return whether the order of the column is compared with more than one parameter, anywhere in the block."""
    code = [token for token in tokens if token.kind is not Kind.COMMENT]
    words = [token.text.strip('"').lower() for token in code]
    found: set[str] = set()
    for at in (at for at, word in enumerate(words) if word == column):
        begin = at - 2 if words[at - 1 : at] == ["."] else at
        before, behind = words[max(0, begin - 3) : begin], words[at + 1 :]
        if before[-1:] == ["("] and behind[:1] == [","] and ")" in behind:
            behind = behind[behind.index(")") + 1 :]  # the column is the first one of a row: `(a, b) > (:a, :b)`
        behind = behind[:7]
        if behind[:1] == ["between"]:
            return True
        if behind and behind[0] in "<>" and behind[:2] != ["<", ">"]:
            found |= set(_first_parameter(behind))
        if before and (before[-1] in "<>" or (before[-1] == "=" and before[-2:-1] and before[-2] in "<>")):
            found |= set(_first_parameter(before[::-1]))
    return len(found) > 1


def _first_parameter(words: Sequence[str]) -> list[str]:
    return [word for word in words if word.startswith(":") and word != "::"][:1]
