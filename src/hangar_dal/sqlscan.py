"""Split a SQL text into strings, names, comments and `:parameters`, as the database does.

The scanner makes one pass and follows the lexical rules of the dialect: it finds a parameter exactly where the database
does.

What PostgreSQL adds: `E''` strings, `$tag$` bodies, nested comments, `::` casts, array slices, `?` operators. What
SQLite adds: `[names]` and `` `names` ``, and variables that continue after `::`. (PostgreSQL documentation, "Lexical
Structure"; SQLite documentation, "Tokenizer" and "Variables".)
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeVar

Dialect = Literal["sqlite", "postgresql"]
Item = TypeVar("Item")
DIALECTS: Final[tuple[Dialect, ...]] = ("sqlite", "postgresql")
DATABASES: Final[Mapping[Dialect, str]] = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Kind(Enum):
    COMMENT = "comment"
    STRING = "string"
    NAME = "quoted name"
    WORD = "word"
    NUMBER = "number"
    PARAMETER = "parameter"
    FOREIGN = "foreign parameter"  # other placeholders: ?, ?1, @a, $a, $1, :é
    SEMICOLON = "semicolon"
    OPERATOR = "operator"


class Token(NamedTuple):
    kind: Kind
    start: int
    end: int
    text: str


class Unterminated(Exception):
    """Raised for a string, name or comment that starts at `start` and never ends."""

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.what = what
        self.start = start


# Beyond ASCII, both databases take every character for a letter: also a no-break space, an arrow, an emoji. Written as
# what is left out of ASCII: a class that names all of Unicode takes long to compile.
_NO_LETTER: Final = r"\[-^`{-\x7f"
_LETTER: Final = rf"[^\x00-@{_NO_LETTER}]"
_LETTER_DIGIT: Final = rf"[^\x00-/:-@{_NO_LETTER}]"
_LETTER_DIGIT_POINT: Final = rf"[^\x00-\x2d/:-@{_NO_LETTER}]"
_LETTER_DIGIT_DOLLAR: Final = rf"[^\x00-#%-/:-@{_NO_LETTER}]"
_LETTER_DIGIT_DOLLAR_COLON: Final = rf"[^\x00-#%-/;-@{_NO_LETTER}]"
_LINE_COMMENT: Final[dict[Dialect, re.Pattern[str]]] = {
    "sqlite": re.compile(r"--[^\n]*"),
    "postgresql": re.compile(r"--[^\n\r]*"),
}
# Nearly all tokens match one of these groups, which mean the same in both dialects. `_uncommon` finds the others. A
# group has the name of its kind.
_COMMON = re.compile(
    rf"""[ \t\n\r\f\v]*+(?:
        (?P<word>(?![Ee]'){_LETTER}{_LETTER_DIGIT_DOLLAR}*+)                 # not E'...'
        |(?P<operator>[(),=<>*+|]|\.(?![0-9]))                               # does not begin a longer token
        |(?P<string>'[^']*+'(?!'))                                           # has no quote inside
        |(?P<parameter>:[A-Za-z_][A-Za-z0-9_]*+(?![$:(]|[^\x00-\x7f]))       # if no bracket is open
        |(?P<comment>--[^\n\r]*+(?!\r))
        |(?P<number>\.?[0-9]{_LETTER_DIGIT_POINT}*+)
    )""",
    re.VERBOSE,
)
_KINDS: Final = tuple(map(Kind, _COMMON.groupindex))
_PARAMETER: Final = _COMMON.groupindex["parameter"]
_NO_SPACE = re.compile(r"[^ \t\n\r\f\v]")
_WORD_END = re.compile(rf"{_LETTER_DIGIT_DOLLAR}\Z")
# What SQLite takes for one variable: `::` belongs to it, and a pair of parentheses ends it. It has no casts by `::`.
_SQLITE_VARIABLE = re.compile(
    rf"::{_LETTER_DIGIT_DOLLAR_COLON}*|[:@$#](?:{_LETTER_DIGIT_DOLLAR}|::)+(?:\([^\s)]*\))?|\?[0-9]*"
)
_POSTGRESQL_VARIABLE = re.compile(rf":{_LETTER}{_LETTER_DIGIT_DOLLAR}*|\$[0-9]+")
_OURS = re.compile(r":[A-Za-z_][A-Za-z0-9_]*")
_DOLLAR_TAG = re.compile(rf"\$(?:{_LETTER}{_LETTER_DIGIT}*)?\$")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# PostgreSQL joins strings that only a line break parts, and the second one keeps the first one's escapes.
_CONTINUED = re.compile(r"[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:\s|--[^\n\r]*[\n\r])*'", re.ASCII)


def scan(text: str, dialect: Dialect) -> Iterator[Token]:
    """Yield the tokens of a text in order. They cover the whole text except white space."""
    position, brackets = 0, 0
    while True:
        if (found := _COMMON.match(text, position)) and not (brackets and found.lastindex == _PARAMETER):
            group = found.lastindex or 0
            kind = _KINDS[group - 1]
            start, position = found.span(group)
        elif first := _NO_SPACE.search(text, position):
            start = first.start()
            kind, position = _uncommon(text, start, dialect, brackets)
            if kind is Kind.SEMICOLON:
                brackets = 0  # no bracket is open in the next statement
            elif kind is Kind.OPERATOR and text[start] in "[]":
                brackets = max(0, brackets + (1 if text[start] == "[" else -1))
        else:
            return
        yield Token(kind, start, position, text[start:position])


@lru_cache(maxsize=1024)
def tokens_of(text: str, dialect: Dialect) -> tuple[Token, ...]:
    """Return the tokens of a text, cached so that a statement is scanned only once."""
    return tuple(scan(text, dialect))


def between_commas(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield the items before, between and after the commas. `[a, b]` is not split; parentheses are not considered.

    Items are tokens or scopes.
    """
    part: list[Item] = []
    brackets = 0
    for item in items:
        text = item.text if isinstance(item, Token) else ""
        brackets += (text == "[") - (text == "]")
        if text == "," and not brackets:
            yield part
            part = []
        else:
            part.append(item)
    yield part


def ends_in_word(text: str) -> bool:
    """Return whether a `$` after this text would become part of its last word or number."""
    return bool(_WORD_END.search(text))


def _uncommon(text: str, at: int, dialect: Dialect, brackets: int) -> tuple[Kind, int]:
    """Return the kind and the end of the token at this position, which is not one of the common tokens."""
    char = text[at]
    if found := _LINE_COMMENT[dialect].match(text, at):
        return Kind.COMMENT, found.end()
    if text.startswith("/*", at):
        return Kind.COMMENT, _block_comment(text, at, nested=dialect == "postgresql")
    if char == "'":
        return Kind.STRING, _quoted(text, at, "'", "string")
    if char == '"':
        return Kind.NAME, _quoted(text, at, '"', "quoted name")
    if char == ";":
        return Kind.SEMICOLON, at + 1
    if text.startswith("'", at + 1) and char in "eE":
        return (Kind.STRING, _escape_string(text, at)) if dialect == "postgresql" else (Kind.WORD, at + 1)
    return _sqlite(text, at) if dialect == "sqlite" else _postgresql(text, at, brackets)


def _sqlite(text: str, at: int) -> tuple[Kind, int]:
    if text[at] == "[":
        end = text.find("]", at)
        if end < 0:
            raise Unterminated("quoted name", at)
        return Kind.NAME, end + 1
    if text[at] == "`":
        return Kind.NAME, _quoted(text, at, "`", "quoted name")
    if found := _SQLITE_VARIABLE.match(text, at):
        return _placeholder(found)
    return Kind.OPERATOR, at + 1


def _postgresql(text: str, at: int, brackets: int) -> tuple[Kind, int]:
    if tag := _DOLLAR_TAG.match(text, at):
        end = text.find(tag[0], tag.end())
        if end < 0:
            raise Unterminated("dollar-quoted string", at)
        return Kind.STRING, end + len(tag[0])
    if text.startswith("::", at):
        return Kind.OPERATOR, at + 2
    # `a[i:j]`: inside brackets, a colon directly after a value separates the bounds of a slice.
    if brackets and text[at] == ":" and (ends_in_word(text[at - 1]) or text[at - 1] in ")]\"'"):
        return Kind.OPERATOR, at + 1
    if found := _POSTGRESQL_VARIABLE.match(text, at):
        return _placeholder(found)
    return Kind.OPERATOR, at + 1


def _placeholder(found: re.Match[str]) -> tuple[Kind, int]:
    return (Kind.PARAMETER if _OURS.fullmatch(found[0]) else Kind.FOREIGN), found.end()


def _quoted(text: str, at: int, quote: str, what: str) -> int:
    """Return the offset after the closing quote. A doubled quote is an escaped quote."""
    position = at + 1
    while (position := text.find(quote, position)) >= 0:
        if text[position + 1 : position + 2] != quote:
            return position + 1
        position += 2
    raise Unterminated(what, at)


def _escape_string(text: str, at: int) -> int:
    position = at + 2
    while position < len(text):
        char = text[position]
        if char == "\\" or text.startswith("''", position):
            position += 2
        elif char != "'":
            position += 1
        elif continued := _CONTINUED.match(text, position + 1):
            position = continued.end()
        else:
            return position + 1
    raise Unterminated("string", at)


def _block_comment(text: str, at: int, *, nested: bool) -> int:
    depth, position = 0, at
    while found := _COMMENT_EDGE.search(text, position):
        position = found.end()
        if found[0] == "*/":
            depth -= 1
            if depth == 0:
                return position
        elif nested or depth == 0:
            depth += 1
    if not nested:
        return len(text)  # in SQLite, an open comment ends with the text
    raise Unterminated("comment", at)
