"""Tells strings, names, comments and `:parameters` of a SQL text apart, as the database itself would.

One pass, one token after the other, in the dialect's own lexical rules: a parameter is found where the database
would find one and nowhere else. Stands above errors alone; `sqlfile` builds on it.

What PostgreSQL adds: `E''` strings, `$tag$` bodies, nested comments, `::` casts, array slices, `?` operators.
What SQLite adds: `[names]` and `` `names` ``.
(PostgreSQL documentation, "Lexical Structure"; SQLite documentation, "Tokenizer" and "Variables".)
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

Dialect = Literal["sqlite", "postgresql"]
DIALECTS: Final[tuple[Dialect, ...]] = ("sqlite", "postgresql")


class Kind(Enum):
    SPACE = "space"
    COMMENT = "comment"
    STRING = "string"
    NAME = "quoted name"
    WORD = "word"
    NUMBER = "number"
    PARAMETER = "parameter"
    FOREIGN = "foreign parameter"  # ?, ?1, @a, $a, $1: placeholders that are not ours
    SEMICOLON = "semicolon"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Token:
    kind: Kind
    start: int
    end: int
    text: str


class Unterminated(Exception):
    """A string, name or comment that starts at `start` and never ends."""

    def __init__(self, what: str, start: int) -> None:
        super().__init__(what)
        self.what = what
        self.start = start


_SPACE = re.compile(r"\s+")
_LINE_COMMENT = re.compile(r"--[^\n]*")
_NUMBER = re.compile(r"\d[\w.]*|\.\d[\w.]*")
_WORD: Final[dict[Dialect, re.Pattern[str]]] = {
    "sqlite": re.compile(r"[^\W\d]\w*(?:\$\w*)*"),
    "postgresql": re.compile(r"[^\W\d][\w$]*"),
}
_PARAMETER = re.compile(r":([A-Za-z_]\w*)", re.ASCII)
_DOLLAR_TAG = re.compile(r"\$(?:[^\W\d]\w*)?\$")
_SQLITE_FOREIGN = re.compile(r"\?\d*|[@$#][A-Za-z_]\w*")
_POSTGRESQL_FOREIGN = re.compile(r"\$\d+")
_COMMENT_EDGE = re.compile(r"/\*|\*/")
# PostgreSQL joins strings that only a line break parts, and the second one keeps the first one's escapes.
_CONTINUED = re.compile(r"[ \t\f\v]*(?:--[^\n]*)?\n(?:\s|--[^\n]*\n)*'")


def scan(text: str, dialect: Dialect) -> Iterator[Token]:
    """The tokens of a text in order; together they are the text, to the last character."""
    position, brackets = 0, 0
    while position < len(text):
        kind, end = _next(text, position, dialect, brackets)
        token = Token(kind, position, end, text[position:end])
        if kind is Kind.OPERATOR:
            brackets = max(0, brackets + (token.text == "[") - (token.text == "]"))
        yield token
        position = end


def _next(text: str, at: int, dialect: Dialect, brackets: int) -> tuple[Kind, int]:
    char = text[at]
    if char.isspace():
        return Kind.SPACE, _end(_SPACE, text, at)
    if text.startswith("--", at):
        return Kind.COMMENT, _end(_LINE_COMMENT, text, at)
    if text.startswith("/*", at):
        return Kind.COMMENT, _block_comment(text, at, nested=dialect == "postgresql")
    if char == "'":
        return Kind.STRING, _quoted(text, at, "'", "string")
    if char == '"':
        return Kind.NAME, _quoted(text, at, '"', "quoted name")
    if char == ";":
        return Kind.SEMICOLON, at + 1
    if char.isdigit() or (char == "." and text[at + 1 : at + 2].isdigit()):
        return Kind.NUMBER, _end(_NUMBER, text, at)
    if char.isalpha() or char == "_" or (ord(char) > 127 and not char.isspace()):
        return _word(text, at, dialect)
    if char == ":":
        return _colon(text, at, brackets)
    return _sqlite(text, at) if dialect == "sqlite" else _postgresql(text, at)


def _sqlite(text: str, at: int) -> tuple[Kind, int]:
    if text[at] == "[":
        end = text.find("]", at)
        if end < 0:
            raise Unterminated("quoted name", at)
        return Kind.NAME, end + 1
    if text[at] == "`":
        return Kind.NAME, _quoted(text, at, "`", "quoted name")
    if found := _SQLITE_FOREIGN.match(text, at):
        return Kind.FOREIGN, found.end()
    return Kind.OPERATOR, at + 1


def _postgresql(text: str, at: int) -> tuple[Kind, int]:
    if text[at] == "$":
        if tag := _DOLLAR_TAG.match(text, at):
            end = text.find(tag[0], tag.end())
            if end < 0:
                raise Unterminated("dollar-quoted string", at)
            return Kind.STRING, end + len(tag[0])
        if found := _POSTGRESQL_FOREIGN.match(text, at):
            return Kind.FOREIGN, found.end()
    return Kind.OPERATOR, at + 1


def _word(text: str, at: int, dialect: Dialect) -> tuple[Kind, int]:
    found = _WORD[dialect].match(text, at)
    end = found.end() if found else at + 1
    if dialect == "postgresql" and text[at:end] in ("e", "E") and text[end : end + 1] == "'":
        return Kind.STRING, _escape_string(text, at)
    return Kind.WORD, end


def _colon(text: str, at: int, brackets: int) -> tuple[Kind, int]:
    if text.startswith("::", at):
        return Kind.OPERATOR, at + 2
    found = _PARAMETER.match(text, at)
    # `a[i:j]`: a colon that follows a value directly, inside brackets, parts the bounds of a slice.
    is_slice = brackets and (text[at - 1].isalnum() or text[at - 1] in "_)]\"'")
    if found is None or is_slice:
        return Kind.OPERATOR, at + 1
    return Kind.PARAMETER, found.end()


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at + 1


def _quoted(text: str, at: int, quote: str, what: str) -> int:
    """Past the closing quote; a doubled quote stands for one."""
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
        return len(text)  # SQLite ends an open comment with the text
    raise Unterminated("comment", at)
