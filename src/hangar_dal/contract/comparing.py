"""Whether a statement does nothing with a parameter but compare it, so that NULL in its place finds no row at all.

Stands above `sqlblock`; goes by tokens. Whatever may be meant so is left alone: an OR, a CASE, `:name IS NULL`.
"""

from typing import Final

from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind, Token

_COMPARISONS: Final = frozenset({"=", "<>", "!=", "<", "<=", ">", ">="})
_CLAUSES: Final = frozenset({"SELECT", "FROM", "WHERE", "ON", "HAVING", "SET", "VALUES", "RETURNING", "BY", "LIMIT"})
_FILTERS: Final = frozenset({"WHERE", "ON", "HAVING"})
_IGNORED: Final = frozenset({Kind.SPACE, Kind.COMMENT})


def compares(variant: Variant, name: str) -> bool:
    """Whether it stands behind WHERE, ON or HAVING, beside a comparison wherever it stands, and nothing is ORed."""
    tokens = [token for token in variant.tokens if token.kind not in _IGNORED]
    words = [token.text.upper() if token.kind is Kind.WORD else "" for token in tokens]
    places = [at for at, token in enumerate(tokens) if token.kind is Kind.PARAMETER and token.text[1:] == name]
    if not places or "OR" in words:
        return False
    return all(_is_compared(tokens, at) and _filters(words[:at]) for at in places)


def _is_compared(tokens: list[Token], at: int) -> bool:
    beside = (tokens[at - 1 : at], tokens[at + 1 : at + 2])
    return any(token.text in _COMPARISONS for side in beside for token in side)


def _filters(before: list[str]) -> bool:
    """Whether what stands behind these words decides which rows there are, and no CASE stands between."""
    clause = next((word for word in reversed(before) if word in _CLAUSES), "")
    return clause in _FILTERS and before.count("CASE") == before.count("END")
