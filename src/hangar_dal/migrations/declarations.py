"""Read the comments of a migration that declare an intended deviation, so that `verify` does not report it.

Files that apply a migration may contain `-- differs: index idx_x: reason`, `-- not strict: table: reason` and
`-- ignore: rule: reason`. Rollbacks may contain `-- rows differ: reason`.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, Literal, NamedTuple

from hangar_dal.sqlscan import Dialect, Kind, Token, Unterminated, tokens_of
from hangar_dal.textlines import TextLines

# The kinds of objects that a declaration can name.
KINDS: Final = (
    "table",
    "column",
    "primary key",
    "constraint",
    "index",
    "trigger",
    "view",
    "materialized view",
    "function",
    "type",
    "extension",
    "sequence",
    "policy",
    "partitions of",
    "collation",
    "statistics",
    "text search configuration",
    "text search dictionary",
)
FORM: Final = "-- differs: kind name: reason"

_Word = Literal["differs", "not strict", "rows differ", "ignore"]
_DIRECTIVE: Final = re.compile(r"--\s*(differs|not strict|rows differ|ignore)\s*:\s*(.*?)\s*", re.DOTALL)
_OF_APPLY: Final[tuple[_Word, ...]] = ("differs", "not strict", "ignore")
_RULE: Final = re.compile(r"(?P<name>[\w-]+)\s*:\s*\S.*")
_NEARLY: Final = re.compile(r"(?:--|/\*)\s*(\w+)\s*:")
_NAMED: Final = r"""(?P<name>(?:"[^"]*"|[^:"])+?)\s*:\s*\S.*"""
_TABLE: Final = re.compile(_NAMED)
_OBJECT: Final = re.compile(rf"(?P<kind>{'|'.join(sorted(KINDS, key=len, reverse=True))})\s+{_NAMED}")


class Declaration(NamedTuple):
    """A `-- differs:` line. `label` is the kind and the name, such as `index idx_x`.

    If the line is malformed, `label` is empty and `fault` says why.
    """

    line: int
    label: str
    fault: str = ""


def declarations(text: str, dialect: Dialect) -> tuple[Declaration, ...]:
    """Return the `-- differs:` lines of a file, in order. Raises `Unterminated` if a quote or comment is not closed."""
    lines = TextLines(text)
    return tuple(
        found
        for token in tokens_of(text, dialect)
        if token.kind is Kind.COMMENT and (found := _declaration(token, lines.line_of(token.start)))
    )


def tables_not_strict(text: str) -> frozenset[str]:
    """Return the tables that a SQLite file declares with `-- not strict: table: reason`, in lower case."""
    bodies = (_TABLE.fullmatch(body) for _, body in _directives(text, "sqlite", "not strict"))
    return frozenset(_unquoted(found["name"]).lower() for found in bodies if found)


def ignored_rules(text: str, dialect: Dialect) -> dict[str, int]:
    """Return the rules that a file turns off with `-- ignore: rule: reason`, each with the number of its line."""
    lines = TextLines(text)
    return {
        found["name"]: lines.line_of(token.start)
        for token, body in _directives(text, dialect, "ignore")
        if (found := _RULE.fullmatch(body))
    }


def excuses_rows(text: str, dialect: Dialect) -> bool:
    """Whether a rollback declares with `-- rows differ: reason` that it does not restore all rows."""
    return any(body for _, body in _directives(text, dialect, "rows differ"))


def without_declarations(text: str, dialect: Dialect) -> str:
    """Return the text of a file that applies a migration, without the lines that contain only a declaration."""
    try:
        cuts = list(_lines_of_their_own(text, dialect))
    except Unterminated:
        return text
    for start, end in reversed(cuts):
        text = text[:start] + text[end:]
    return text


def _lines_of_their_own(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    for token, _ in _directives(text, dialect, *_OF_APPLY):
        start = text.rfind("\n", 0, token.start) + 1
        if not text[start : token.start].strip():
            yield start, min(token.end + 1, len(text))


def _directives(text: str, dialect: Dialect, *words: _Word) -> Iterator[tuple[Token, str]]:
    """Yield the comments that begin with one of the words and a colon, each with the text after the colon."""
    for token in tokens_of(text, dialect):
        found = _DIRECTIVE.fullmatch(token.text) if token.kind is Kind.COMMENT else None
        if found and found[1] in words:
            yield token, found[2]


def _declaration(token: Token, line: int) -> Declaration | None:
    found = _DIRECTIVE.fullmatch(token.text)
    if found and found[1] == "differs":
        if named := _OBJECT.fullmatch(found[2]):
            return Declaration(line, f"{named['kind']} {_unquoted(named['name'])}")
        return Declaration(line, "", fault=_fault(found[2]))
    nearly = _NEARLY.match(token.text)
    if nearly and get_close_matches(nearly[1].lower(), ["differs"], cutoff=0.8):
        return Declaration(line, "", fault=f"`{nearly[0].strip()}` is misspelt")
    return None


def _unquoted(name: str) -> str:
    return " ".join(name.replace('"', "").split())


def _fault(body: str) -> str:
    named, _, reason = body.partition(":")
    if not any(named.startswith(f"{kind} ") for kind in KINDS):
        return f"`-- differs:` must name an object by its kind: {', '.join(KINDS)}"
    return "`-- differs:` must name one object and give a reason" if not reason.strip() else "it cannot be read"
