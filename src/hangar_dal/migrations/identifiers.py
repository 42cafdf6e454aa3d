"""Names as a database compares them."""

from hangar_dal.sqlscan import Dialect, Kind, Token


def folded(token: Token, dialect: Dialect) -> str:
    """Return the name without quotes, in lower case unless it is a quoted name of PostgreSQL."""
    if token.kind is Kind.WORD:
        return token.text.lower()
    opening, closing = token.text[0], token.text[-1]
    name = token.text[1:-1] if opening == "[" else token.text[1:-1].replace(closing * 2, closing)
    return name if dialect == "postgresql" else name.lower()
