"""The layout of a list in a statement: its items, their comments, and the space between them.

Independent of columns. A list is rewritten with its items in another order. Everything else stays: indentation, line
breaks, leading or trailing commas, and comments.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hangar_dal.sqlscan import Dialect, Kind, Token, scan

_INDENT: Final = "    "
# A list on one line that would become longer than this gets one line per item.
_LONGEST: Final = 80

Span = tuple[int, int]


class NotMovable(Exception):
    """Raised if the items of a list cannot be moved. The message says why."""


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list. `above` is the comments on separate lines before it.

    `behind` is the comment at the end of its line, including the space before the comment.
    """

    text: str
    above: tuple[str, ...] = ()
    behind: str = ""


@dataclass(frozen=True, slots=True)
class ListText:
    """A list in a text. `gaps` is the text before, between and after the items, without their comments.

    `start` is the end of the keyword or parenthesis before the list, `end` the start of the following token. `is_alone`
    is True for a SELECT: a single column stays on its line, several columns get one line each.
    """

    text: str
    dialect: Dialect
    start: int
    end: int
    items: tuple[Item, ...]
    gaps: tuple[str, ...]
    newline: str
    is_alone: bool

    def written(self, items: Sequence[Item]) -> str:
        """Return the whole text with the items of the list replaced. Raises `NotMovable`."""
        made = self._made(items)
        self._compare(made, items)
        return made

    def _made(self, items: Sequence[Item]) -> str:
        if self.is_alone and len(items) == 1 and _is_bare(items[0]) and not self.gaps[0].strip():
            return self._around(f" {items[0].text}{self.gaps[-1]}")
        if self._is_on_one_line:
            made = self._around(self._joined(items, self.gaps)) if not any(item.behind for item in items) else ""
            grows = self.is_alone and len(items) > 1
            if made and not grows and len(self._first_line(made)) <= _LONGEST:
                return made
            return self._around(self._joined(items, self._lines()))
        return self._around(self._joined(items, self.gaps))

    @property
    def _is_on_one_line(self) -> bool:
        return not any("\n" in gap for gap in self.gaps[:-1])

    def _around(self, made: str) -> str:
        return self.text[: self.start] + made + self.text[self.end :]

    def _first_line(self, made: str) -> str:
        """Return the line on which the list begins."""
        begin = made.rfind("\n", 0, self.start) + 1
        return made[begin:].partition("\n")[0]

    def _lines(self) -> tuple[str, ...]:
        """Return gaps that put each item on its own line."""
        begin = self.text.rfind("\n", 0, self.start) + 1
        line = self.text[begin : self.start]
        newline, base = self.newline, line[: len(line) - len(line.lstrip())]
        last = self.gaps[-1]
        if self.end < len(self.text) and "\n" not in last:
            last = newline + base
        return (f"{newline}{base}{_INDENT}", f",{newline}{base}{_INDENT}", last)

    def _joined(self, items: Sequence[Item], gaps: tuple[str, ...]) -> str:
        first, *between, last = gaps
        between = between or [f",{first[len(first.rstrip()) :]}" if "\n" in first else ", "]
        made = first
        for place, item in enumerate(items):
            if place:
                made += _with_comment(between[min(place, len(between)) - 1], items[place - 1].behind)
            is_last = place == len(items) - 1
            at_end = item.behind if is_last and last.lstrip(" \t\r").startswith("\n") else ""
            above = (*item.above, item.behind.strip()) if is_last and item.behind and not at_end else item.above
            made += self._comments(above, made) + item.text + at_end
        return made + last

    def _comments(self, above: tuple[str, ...], before: str) -> str:
        indent = before.rpartition("\n")[2]
        if above and ("\n" not in before or indent.strip()):
            raise NotMovable("a comment stands where it cannot be moved with its column")
        return "".join(f"{comment}{self.newline}{indent}" for comment in above)

    def _compare(self, made: str, items: Sequence[Item]) -> None:
        """Raise `NotMovable` unless the result has the same tokens, with the list replaced, and the same comments."""
        before, behind = self.text[: self.start], self.text[self.end :]
        expected = [*_code(before, self.dialect)]
        for place, item in enumerate(items):
            expected += [*([","] if place else []), *_code(item.text, self.dialect)]
        expected += _code(behind, self.dialect)
        removed = [item for item in self.items if item not in items]
        gone = Counter(comment for item in removed for comment in (*item.above, item.behind.strip()) if comment)
        comments = Counter(_comments_of(self.text, self.dialect)) - gone
        inner = Counter(text for item in removed for text in _comments_of(item.text, self.dialect))
        is_same = _code(made, self.dialect) == expected
        if not is_same or Counter(_comments_of(made, self.dialect)) != comments - inner:
            raise NotMovable("its layout is not understood")


def read_list(
    text: str, dialect: Dialect, span: Span, entries: Sequence[Span], *, newline: str, is_alone: bool = False
) -> ListText:
    """Return the list with entries at these positions in a span of the text. Raises `NotMovable`."""
    edges = [span[0], *(edge for entry in entries for edge in entry), span[1]]
    between = [text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    above: list[tuple[str, ...]] = []
    behind: list[str] = []
    gaps: list[str] = []
    for place, gap in enumerate(between):
        rest, of_last, of_next = _split(gap, dialect, is_first=place == 0, is_last=place == len(entries))
        gaps.append(rest)
        behind.append(of_last)
        above.append(of_next)
    items = tuple(Item(text[start:end], above[place], behind[place + 1]) for place, (start, end) in enumerate(entries))
    return ListText(text, dialect, *span, items, tuple(gaps), newline, is_alone)


def _split(gap: str, dialect: Dialect, *, is_first: bool, is_last: bool) -> tuple[str, str, tuple[str, ...]]:
    """Split a gap into its text, the comment of the item before it, and the comments of the item after it."""
    behind, above, rest, position = "", [], "", 0
    for comment in _comment_tokens(gap, dialect):
        text = comment.text.rstrip()
        before, end = gap[: comment.start], comment.start + len(text)
        own_line = "\n" in before
        if "\n" in text or not gap[end:].lstrip(" \t\r").startswith("\n"):
            raise NotMovable("a comment stands where it cannot be moved with its column")
        start = len(before.rstrip())
        if not own_line and not is_first:
            behind = before[len(before.rstrip(" \t")) :] + text
            rest += gap[position : len(before.rstrip(" \t"))]
        elif own_line and not is_last:
            above.append(text)
            rest += gap[position:start]
        else:
            continue  # the comment belongs to the keyword before the list or to the text after it
        position = end
    return rest + gap[position:], behind, tuple(above)


def _with_comment(gap: str, comment: str) -> str:
    """Return the gap with a comment at the end of its first line."""
    if not comment:
        return gap
    line, newline, rest = gap.partition("\n")
    if not newline:
        raise NotMovable("a comment stands where it cannot be moved with its column")
    ending = "\r" if line.endswith("\r") else ""
    return f"{line.removesuffix(ending)}{comment}{ending}{newline}{rest}"


def _is_bare(item: Item) -> bool:
    return not item.above and not item.behind and "\n" not in item.text


def _code(text: str, dialect: Dialect) -> list[str]:
    return [token.text for token in scan(text, dialect) if token.kind is not Kind.COMMENT]


def _comments_of(text: str, dialect: Dialect) -> list[str]:
    return [token.text.rstrip() for token in _comment_tokens(text, dialect)]


def _comment_tokens(text: str, dialect: Dialect) -> Iterator[Token]:
    return (token for token in scan(text, dialect) if token.kind is Kind.COMMENT)
