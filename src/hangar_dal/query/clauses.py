"""The tokens of a statement, grouped by parentheses, so that a search for a clause ignores subqueries.

It knows the keywords of SQL, but not its grammar.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from hangar_dal.sqlblock import QUERIES, Variant
from hangar_dal.sqlscan import Dialect, Kind, Token, between_commas, tokens_of

_WORD: Final = Kind.WORD
_OPERATOR: Final = Kind.OPERATOR
_IGNORED: Final = (Kind.COMMENT, Kind.SEMICOLON)
# Keywords that may follow the sort keys of an ORDER BY in a query, a window or an aggregate.
_BEHIND_KEYS: Final = frozenset({"LIMIT", "OFFSET", "FETCH", "FOR", "RETURNING", "ROWS", "RANGE", "GROUPS"})


class ClauseScope:
    """The items between two parentheses, or of the whole statement. A nested scope is one item."""

    __slots__ = ("before", "end", "items", "nested", "start", "words")

    def __init__(self, before: str = "", start: int = 0) -> None:
        self.before = before  # the unquoted word before the parenthesis in upper case, or ""
        self.start = start
        self.end = 0
        self.items: list[Token | ClauseScope] = []
        self.words: list[str] = []  # for each item its unquoted word in upper case, or ""
        self.nested: list[tuple[int, ClauseScope]] = []  # the scopes among the items, with their indexes

    def word(self, at: int) -> str:
        """Return the unquoted word at this index in upper case; "" for anything else or if there is no such item."""
        return self.words[at] if 0 <= at < len(self.words) else ""

    def text(self, at: int) -> str:
        """Return the text of the token at this index; "" for a scope or if there is no such item."""
        item = self.items[at] if 0 <= at < len(self.items) else None
        return item.text if isinstance(item, Token) else ""

    def offset(self, at: int) -> int:
        """Return the offset in the text at which the item with this index begins."""
        return self.items[at].start

    def find(self, *words: str, after: int = 0) -> int | None:
        """Return the index of the first place where these words follow each other in this scope; None if not found."""
        sought = list(words)
        for at in range(after, len(self.words)):
            if self.words[at] == sought[0] and self.words[at : at + len(sought)] == sought:
                return at
        return None

    @property
    def verb(self) -> int | None:
        """The index of the word that begins the statement, after a WITH clause; None if the scope is no statement."""
        if self.word(0) in QUERIES:
            return 0
        if self.word(0) != "WITH":
            return None
        behind = (at + 1 for at, _ in self.nested)
        return next((at for at in behind if self.word(at) in QUERIES), None)

    def keys(self, order_by: int) -> "Iterator[list[Token | ClauseScope]]":
        """Yield the items of each sort key of the ORDER BY at this index."""
        first = order_by + 2
        end = next((at for at in range(first, len(self.items)) if self.word(at) in _BEHIND_KEYS), len(self.items))
        return between_commas(self.items[first:end])


@lru_cache(maxsize=64)  # many rules read the same statement
def scopes(variant: Variant) -> tuple[ClauseScope, ...]:
    """Return every scope of a statement, the whole statement first. Callers share the result and must not change it."""
    return _grouped(variant.tokens)


def scopes_of_text(text: str, dialect: Dialect) -> tuple[ClauseScope, ...]:
    """Return every scope of a text that is no variant of a block, the whole text first."""
    return _grouped(tokens_of(text, dialect))


def _grouped(tokens: Iterable[Token]) -> tuple[ClauseScope, ...]:
    found = [ClauseScope()]
    open_ones = [found[0]]
    for token in tokens:
        current = open_ones[-1]
        if token.kind is _WORD:
            current.items.append(token)
            current.words.append(token.text.upper())
        elif token.text == "(" and token.kind is _OPERATOR:
            inner = ClauseScope(current.words[-1] if current.words else "", token.start)
            current.nested.append((len(current.items), inner))
            current.items.append(inner)
            current.words.append("")
            found.append(inner)
            open_ones.append(inner)
        elif token.text == ")" and token.kind is _OPERATOR:
            current.end = token.end
            del open_ones[max(1, len(open_ones) - 1) :]
        elif token.kind not in _IGNORED:
            current.items.append(token)
            current.words.append("")
    return tuple(found)


def flat(items: "Iterable[Token | ClauseScope]") -> Iterator[Token]:
    """Yield all tokens of these items and of their nested scopes, without the parentheses."""
    for item in items:
        if isinstance(item, ClauseScope):
            yield from flat(item.items)
        else:
            yield item
