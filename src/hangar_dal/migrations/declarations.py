"""The lines of a migration that declare a difference between the databases: `-- differs: index idx_x: reason`.

Builds on `sqlscan`; `scripts` and `differences` build on it.
"""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final, NamedTuple

from hangar_dal.sqlscan import Dialect, Kind, Token, Unterminated, scan
from hangar_dal.textlines import TextLines

# What a declaration can name.
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

_DIRECTIVE: Final = re.compile(r"--\s*differs\s*:(.*)", re.DOTALL)
_NEARLY: Final = re.compile(r"(?:--|/\*)\s*(\w+)\s*:")
_NAME: Final = r"""(?:"[^"]*"|[^:"])+?"""
_BODY: Final = re.compile(
    rf"\s*(?P<kind>{'|'.join(sorted(KINDS, key=len, reverse=True))})\s+(?P<name>{_NAME})\s*:\s*(?P<reason>\S.*)"
)


class Declaration(NamedTuple):
    """`label` is the kind and the name, such as `index idx_x`; empty if the line is malformed, and `fault` says why."""

    line: int
    label: str
    reason: str = ""
    fault: str = ""


def declarations(text: str, dialect: Dialect) -> tuple[Declaration, ...]:
    """In the order of the text. The text must be one that `scan` can read to its end."""
    lines = TextLines(text)
    return tuple(
        found
        for token in scan(text, dialect)
        if token.kind is Kind.COMMENT and (found := _declaration(token, lines.line_of(token.start)))
    )


def without_declarations(text: str, dialect: Dialect) -> str:
    """The text without the lines that only declare something: no database sees them."""
    try:
        cuts = list(_lines_of_their_own(text, dialect))
    except Unterminated:
        return text
    for start, end in reversed(cuts):
        text = text[:start] + text[end:]
    return text


def _lines_of_their_own(text: str, dialect: Dialect) -> Iterator[tuple[int, int]]:
    for token in scan(text, dialect):
        if token.kind is Kind.COMMENT and _DIRECTIVE.match(token.text):
            start = text.rfind("\n", 0, token.start) + 1
            if not text[start : token.start].strip():
                yield start, min(token.end + 1, len(text))


def _declaration(token: Token, line: int) -> Declaration | None:
    if found := _DIRECTIVE.match(token.text):
        if body := _BODY.fullmatch(found[1].rstrip()):
            name = " ".join(body["name"].replace('"', "").split())
            return Declaration(line, f"{body['kind']} {name}", body["reason"])
        return Declaration(line, "", fault=_fault(found[1]))
    nearly = _NEARLY.match(token.text)
    if nearly and get_close_matches(nearly[1].lower(), ["differs"], cutoff=0.8):
        return Declaration(line, "", fault=f"`{nearly[0].strip()}` is misspelt")
    return None


def _fault(body: str) -> str:
    named, _, reason = body.strip().partition(":")
    if not any(named.startswith(f"{kind} ") for kind in KINDS):
        return f"`-- differs:` must name an object by its kind: {', '.join(KINDS)}"
    return "`-- differs:` must name one object and give a reason" if not reason.strip() else "it cannot be read"
