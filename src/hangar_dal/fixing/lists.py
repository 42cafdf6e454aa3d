"""Find the column lists of a statement and their entries.

Only the lists of the statement itself are found, not those of its subqueries and CTEs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hangar_dal.migrations.identifiers import RESERVED
from hangar_dal.query.clauses import ClauseScope
from hangar_dal.sqlscan import Dialect, Kind, Token, between_commas

_SET_OPERATIONS: Final = ("UNION", "EXCEPT", "INTERSECT")
_CLAUSES: Final = ("FROM", "WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR", "INTO")
_BEHIND_SELECT: Final = frozenset((*_CLAUSES, *_SET_OPERATIONS))
_NAMES: Final = (Kind.WORD, Kind.NAME)
_CLOSING: Final = {'"': '"', "[": "]", "`": "`"}

Tokens = Sequence[Token | ClauseScope]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a list. `name` is the name of the result column, or empty if it is not known.

    `is_plain` is True for a column without AS. `qualifier` is the text before its last dot, or empty.
    """

    start: int
    end: int
    name: str
    is_plain: bool
    qualifier: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A list. `start` is the end of the keyword or parenthesis before it, `end` the start of the following token.

    `obstacle` says why the list must not be changed; it is empty if the list may be changed.
    """

    start: int
    end: int
    entries: tuple[Entry, ...]
    obstacle: str = ""

    @property
    def spans(self) -> list[tuple[int, int]]:
        return [(entry.start, entry.end) for entry in self.entries]

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Inserted:
    """The columns and values of `INSERT INTO table (...) VALUES (...)`."""

    table: str
    columns: Found
    values: Found


def result_list(root: ClauseScope, length: int, dialect: Dialect) -> Found | None:
    """Return the list of SELECT or RETURNING; None if there is none. `length` is the length of the text."""
    verb = root.verb
    if verb is None:
        return None
    if root.word(verb) == "SELECT":
        return _select(root, verb, length, dialect)
    returning = root.find("RETURNING", after=verb)
    if returning is None:
        return None
    obstacle = "RETURNING WITH gives the old and new rows other names" if root.word(returning + 1) == "WITH" else ""
    return _found(root, range(returning + 1, len(root.items)), length, dialect, obstacle)


def inserted(root: ClauseScope, dialect: Dialect) -> Inserted | None:
    """Return the lists of an INSERT with a column list and one row of values; None for other statements."""
    verb = root.verb
    into = root.find("INTO", after=verb) if verb is not None and root.word(verb) in ("INSERT", "REPLACE") else None
    values = root.find("VALUES", after=into) if into is not None else None
    if into is None or values is None:
        return None
    scopes = [item for item in root.items[into:values] if isinstance(item, ClauseScope)]
    behind = root.items[values + 1] if values + 1 < len(root.items) else None
    if len(scopes) != 1 or not isinstance(behind, ClauseScope) or root.text(values + 2) == ",":
        return None
    columns, row = (_inside(scope, dialect) for scope in (scopes[0], behind))
    if columns is None or row is None or len(columns.entries) != len(row.entries):
        return None
    if not all(entry.is_plain and not entry.qualifier for entry in columns.entries):
        return None
    table = root.items[into + 1]
    name = identifier(table, dialect) if isinstance(table, Token) and root.text(into + 2) != "." else ""
    return Inserted(name, columns, row)


def identifier(token: Token, dialect: Dialect) -> str:
    """Return the name that a token denotes, without quotes; folded to lower case as the dialect does."""
    if token.kind is Kind.NAME:
        opening = token.text[0]
        closing = _CLOSING[opening]
        return token.text[1:-1] if opening == "[" else token.text[1:-1].replace(closing * 2, closing)
    return token.text.lower() if dialect == "postgresql" else token.text


def _select(root: ClauseScope, verb: int, length: int, dialect: Dialect) -> Found | None:
    first, obstacle = verb + 1, ""
    if root.word(first) == "DISTINCT":
        obstacle, first = "SELECT DISTINCT compares whole rows", first + 1
        first += 2 * (root.word(first) == "ON")
    first += root.word(first) == "ALL"
    behind = (
        at
        for at in range(first, len(root.items))
        if root.word(at) in _BEHIND_SELECT and not (root.word(at) == "FROM" and root.word(at - 1) == "DISTINCT")
    )
    end = next(behind, len(root.items))
    if any(root.find(word, after=verb) is not None for word in _SET_OPERATIONS):
        obstacle = "UNION, EXCEPT and INTERSECT match the columns of several lists by position"
    elif _sorts_by_place(root, verb):
        obstacle = "ORDER BY or GROUP BY names a column by its number"
    return _found(root, range(first, end), length, dialect, obstacle)


def _sorts_by_place(root: ClauseScope, verb: int) -> bool:
    """Return whether ORDER BY or GROUP BY refers to a column by number, as in `ORDER BY 2`."""
    for clause in ("ORDER", "GROUP"):
        at = root.find(clause, "BY", after=verb)
        keys = root.keys(at) if at is not None else ()
        if any(isinstance(key[0], Token) and key[0].kind is Kind.NUMBER for key in keys if key):
            return True
    return False


def _inside(scope: ClauseScope, dialect: Dialect) -> Found | None:
    """Return the list inside parentheses; None if it is empty or malformed."""
    entries = _entries(scope.items, dialect)
    return Found(scope.start + 1, scope.end - 1, entries) if entries else None


def _found(root: ClauseScope, places: range, length: int, dialect: Dialect, obstacle: str) -> Found | None:
    """Return the list of the items at these positions. `length` is the length of the text."""
    entries = _entries(root.items[places.start : places.stop], dialect)
    if not entries:
        return None
    start = root.items[places.start - 1].end
    return Found(start, root.items[places.stop].start if places.stop < len(root.items) else length, entries, obstacle)


def _entries(items: Tokens, dialect: Dialect) -> tuple[Entry, ...]:
    """Return the entries; empty if there is nothing between two commas."""
    parts = list(between_commas(items))
    return tuple(_entry(part, dialect) for part in parts) if all(parts) else ()


def _entry(part: Sequence[Token | ClauseScope], dialect: Dialect) -> Entry:
    start, end = part[0].start, part[-1].end
    tokens = [item for item in part if isinstance(item, Token)]
    last = part[-1]
    if len(tokens) == len(part) and _is_column(tokens):
        qualifier = ".".join(token.text for token in tokens[:-2:2])
        return Entry(start, end, identifier(tokens[-1], dialect), True, qualifier)
    is_named = isinstance(last, Token) and last.kind in _NAMES and len(part) > 2
    before = part[-2] if is_named else None
    if isinstance(last, Token) and isinstance(before, Token) and before.text.upper() == "AS":
        return Entry(start, end, identifier(last, dialect), False)
    return Entry(start, end, "", False)


def _is_column(tokens: Sequence[Token]) -> bool:
    """Return whether the tokens are `name`, `table.name` or `schema.table.name`."""
    names, dots = tokens[::2], tokens[1::2]
    return (
        len(tokens) in (1, 3, 5)
        and all(token.text == "." for token in dots)
        and all(token.kind in _NAMES for token in names)
        and not (len(tokens) == 1 and tokens[0].text.upper() in RESERVED)
    )
