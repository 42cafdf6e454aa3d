"""Rewrite the text of a statement where the parser would read it differently from the database.

The replaced parts become nodes that no rule knows.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from sqlglot.dialects import Postgres

from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

NO_KEYWORD: Final = "p_"
# The characters of PostgreSQL's operators. An operator may end in + or - only if it has one of the second set.
_CHARACTERS: Final = frozenset("+-*/<>=~!@#%^&|`?")
_BEFORE_SIGN: Final = frozenset("~!@#%^&|`?")
_BUILT_IN: Final = """
+ - * / % ^ < > = <= >= <> != || |/ ||/ & | # << >> ~ ~* !~ !~* ~~ ~~* !~~ !~~* @ -> ->> #> #>> #- @> <@ ? ?| ?& @? @@
&& <-> ## <<= >>= <<| |>> &< &> &<| |&> -|- <^ >^ ^@ ~= => @-@ ~<~ ~>~ ~<=~ ~>=~
"""
_OPERATORS: Final = frozenset(_BUILT_IN.split())
# The parser reads `interval` before these words as the beginning of a literal, and not as a column.
_AFTER_SORT_KEY: Final = frozenset({"ASC", "DESC", "NULLS"})
# This operator has its own node type, which no rule reads.
_UNKNOWN_OPERATOR: Final = " <-> "
_KNOWN: Final = frozenset(Postgres.Parser.FUNCTIONS)
# Names that the parser reads as other functions. The database has such a function only if a user made it.
_ON_POSTGRESQL: Final = "arrayagg if ifnull iif json_objectagg lcase len nvl try_convert ucase uuid"
_ON_SQLITE: Final = """
array array_agg arrayagg char_length character_length charindex convert if json_arrayagg json_objectagg lcase len
locate lower_hex nvl position str_position strpos to_hex try_convert ucase
"""
_OTHER_NAMES: Final[dict[Dialect, frozenset[str]]] = {
    "postgresql": frozenset(_ON_POSTGRESQL.split()),
    "sqlite": frozenset(_ON_SQLITE.split()),
}


def parser_input(text: str, dialect: Dialect) -> str | None:
    """Return the text for the parser, without comments; None if the parser would misread a name.

    Parameters get a prefix, so that `:like` and `:on` are not read as keywords. Operators that are not built into
    PostgreSQL are replaced, because the parser might read such an operator as two.
    """
    tokens = tokens_of(text, dialect)
    code = [token for token in tokens if token.kind is not Kind.COMMENT]
    before = ["", *(token.text.upper() for token in code)]
    if any(
        _is_misread(word, after, dialect)
        for introduced_by, (word, after) in zip(before, pairwise([*code, None]), strict=False)
        if word is not None and introduced_by != "INTO"  # what follows INTO is a table, and not a function
    ):
        return None
    pieces, position = [], 0
    for start, end, instead in _changes(tokens, text, dialect):
        pieces += [text[position:start], instead]
        position = end
    return "".join([*pieces, text[position:]])


def place_of(offset: int, text: str, dialect: Dialect) -> int:
    """Return the offset in the statement's text for an offset in the parser's input."""
    longer = 0
    for start, end, instead in _changes_of(text, dialect):
        if start + longer + len(instead) > offset:
            return min(start, offset - longer)
        longer += len(instead) - (end - start)
    return offset - longer


@lru_cache(maxsize=256)  # several rules ask about one statement
def _changes_of(text: str, dialect: Dialect) -> list[tuple[int, int, str]]:
    return _changes(tokens_of(text, dialect), text, dialect)


def _changes(tokens: Sequence[Token], text: str, dialect: Dialect) -> list[tuple[int, int, str]]:
    """Return the replaced parts in order: the start, the end and the replacement."""
    changes = [(token.start, token.end, " ") for token in tokens if token.kind is Kind.COMMENT]
    changes += [
        (token.start, token.end, f" :{NO_KEYWORD}{token.text[1:]}") for token in tokens if token.kind is Kind.PARAMETER
    ]
    if dialect == "postgresql":
        code = [token for token in tokens if token.kind is not Kind.COMMENT]
        changes += [
            (word.start, word.end, f'"{word.text.lower()}"')
            for word, after in pairwise(code)
            if word.text.upper() == "INTERVAL" and after.text.upper() in _AFTER_SORT_KEY
        ]
        changes += [
            (word.start, after.end, "varbit")
            for word, after in pairwise(code)
            if (word.text.upper(), after.text.upper()) == ("BIT", "VARYING")
        ]
        changes += [
            (start, end, _UNKNOWN_OPERATOR)
            for start, end in _operators(code, text)
            if text[start:end] not in _OPERATORS
        ]
    return sorted(changes)


def _is_misread(word: Token, after: Token | None, dialect: Dialect) -> bool:
    """Return whether the parser would read this word as a keyword or a function that it is not in the database."""
    if word.kind is Kind.WORD and not word.text.isascii() and word.text.upper().isascii():
        return True  # the parser upper-cases letters beyond ASCII, and no database does
    if after is None or after.text != "(" or word.kind not in (Kind.WORD, Kind.NAME):
        return False
    name = word.text.strip('"').lower()
    if word.kind is Kind.NAME and dialect == "postgresql":
        return name.upper() in _KNOWN  # quoted names such as "COUNT" are no built-in functions
    return name in _OTHER_NAMES[dialect]


def _operators(code: Sequence[Token], text: str) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of each operator: all adjacent characters, except + or - at the end in most cases."""
    start = end = -1
    for token in [*(token for token in code if token.text in _CHARACTERS), None]:
        if token is not None and token.start == end:
            end = token.end
            continue
        yield from _cut(start, end, text)
        if token is not None:
            start, end = token.start, token.end


def _cut(start: int, end: int, text: str) -> Iterator[tuple[int, int]]:
    """Yield the operators in adjacent operator characters, after PostgreSQL's rule for + and - at the end."""
    while start < end:
        stop = end
        while stop - start > 1 and text[stop - 1] in "+-" and not _BEFORE_SIGN & set(text[start:stop]):
            stop -= 1
        yield start, stop
        start = stop
