"""A statement as the parser is shown it: without what it would read in another way than the database does.

Builds on `sqlscan`. What is replaced here has no meaning in the tree, and is never mistaken for something
that is known.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final

from sqlglot.dialects import Postgres

from hangar_dal.sqlscan import Dialect, Kind, Token, tokens_of

NO_KEYWORD: Final = "p_"
# The characters of PostgreSQL's operators, and those that let one end in a sign.
_CHARACTERS: Final = frozenset("+-*/<>=~!@#%^&|`?")
_BEFORE_SIGN: Final = frozenset("~!@#%^&|`?")
_BUILT_IN: Final = """
+ - * / % ^ < > = <= >= <> != || |/ ||/ & | # << >> ~ ~* !~ !~* ~~ ~~* !~~ !~~* @ -> ->> #> #>> #- @> <@ ? ?| ?& @? @@
&& <-> ## <<= >>= <<| |>> &< &> &<| |&> -|- <^ >^ ^@ ~= => @-@ ~<~ ~>~ ~<=~ ~>=~
"""
_OPERATORS: Final = frozenset(_BUILT_IN.split())
# A type of its own in the tree, of which no rule speaks.
_UNKNOWN_OPERATOR: Final = " <-> "
_KNOWN: Final = frozenset(Postgres.Parser.FUNCTIONS)
# What the parser takes for a function that it knows by another name; the database has it only if somebody made it.
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
    """Without comments, by the database's own rules; None if a name would be taken for another.

    `:like` and `:on` are parameters, and are no words here. An operator that PostgreSQL does not have is one of which
    nothing is known: the parser might read two of its own in it.
    """
    tokens = tokens_of(text, dialect)
    code = [token for token in tokens if token.kind is not Kind.COMMENT]
    if any(_is_misread(word, after, dialect) for word, after in pairwise([*code, None]) if word):
        return None
    pieces, position = [], 0
    for start, end, instead in _changes(tokens, text, dialect):
        pieces += [text[position:start], instead]
        position = end
    return "".join([*pieces, text[position:]])


def place_of(offset: int, text: str, dialect: Dialect) -> int:
    """Where in the statement's own text the parser found what it found at an offset of the text it was shown."""
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
    """In order: from where to where, and what is shown instead."""
    changes = [(token.start, token.end, " ") for token in tokens if token.kind is Kind.COMMENT]
    changes += [
        (token.start, token.end, f" :{NO_KEYWORD}{token.text[1:]}") for token in tokens if token.kind is Kind.PARAMETER
    ]
    if dialect == "postgresql":
        code = [token for token in tokens if token.kind is not Kind.COMMENT]
        changes += [
            (start, end, _UNKNOWN_OPERATOR)
            for start, end in _operators(code, text)
            if text[start:end] not in _OPERATORS
        ]
    return sorted(changes)


def _is_misread(word: Token, after: Token | None, dialect: Dialect) -> bool:
    """Whether the parser would find a word or a function of its own in what is none."""
    if word.kind is Kind.WORD and not word.text.isascii() and word.text.upper().isascii():
        return True  # it knows upper case beyond ASCII, and no database does
    if after is None or after.text != "(" or word.kind not in (Kind.WORD, Kind.NAME):
        return False
    name = word.text.strip('"').lower()
    if word.kind is Kind.NAME and dialect == "postgresql":
        return name.upper() in _KNOWN  # "COUNT" is not count, nor is "coalesce" what is no function
    return name in _OTHER_NAMES[dialect]


def _operators(code: Sequence[Token], text: str) -> Iterator[tuple[int, int]]:
    """Where each of PostgreSQL's operators begins and ends: as many characters as there are, but for signs behind."""
    start = end = -1
    for token in [*(token for token in code if token.text in _CHARACTERS), None]:
        if token is not None and token.start == end:
            end = token.end
            continue
        yield from _cut(start, end, text)
        if token is not None:
            start, end = token.start, token.end


def _cut(start: int, end: int, text: str) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = end
        while stop - start > 1 and text[stop - 1] in "+-" and not _BEFORE_SIGN & set(text[start:stop]):
            stop -= 1
        yield start, stop
        start = stop
