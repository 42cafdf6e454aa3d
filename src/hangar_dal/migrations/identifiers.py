"""Names as a database compares them, and as they are written in SQL."""

import re
from typing import Final

from hangar_dal.sqlscan import Dialect, Kind, Token

_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*\Z")
# Words that one of the databases accepts as a column name only in quotes.
_WORDS: Final = """
add all alter analyse analyze and any array as asc asymmetric authorization autoincrement between binary both case cast
check collate collation column commit concurrently constraint create cross current_catalog current_date current_role
current_schema current_time current_timestamp current_user default deferrable delete desc distinct do drop else end
escape except exists false fetch for foreign freeze from full grant group having ilike in index initially inner insert
intersect into is isnull join lateral leading left like limit localtime localtimestamp natural not nothing notnull null
offset on only or order outer overlaps placing primary raise references returning right select session_user set similar
some symmetric system_user table tablesample then to trailing transaction true union unique update user using values
variadic verbose when where window with
"""
RESERVED: Final = frozenset(_WORDS.upper().split())


def folded(token: Token, dialect: Dialect) -> str:
    """Return the name without quotes, in lower case unless it is a quoted name of PostgreSQL."""
    if token.kind is Kind.WORD:
        return token.text.lower()
    opening, closing = token.text[0], token.text[-1]
    name = token.text[1:-1] if opening == "[" else token.text[1:-1].replace(closing * 2, closing)
    return name if dialect == "postgresql" else name.lower()


def written(name: str) -> str:
    """Return the name as written in SQL, in quotes if one of the databases needs them."""
    if _PLAIN.match(name) and name.upper() not in RESERVED:
        return name
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
