"""A named statement: its lines, its variants, and the positions of its parameters.

Created by `sqlfile` from text. Independent of files and Python signatures.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate, pairwise, product
from typing import Final, NamedTuple

from hangar_dal.sqlscan import Dialect, Kind, Token, ends_in_word, tokens_of

_READING: Final = frozenset({"SELECT", "VALUES", "TABLE"})
# INTO, because PostgreSQL's SELECT INTO creates a table.
_WRITING: Final = frozenset({"INSERT", "UPDATE", "DELETE", "MERGE", "INTO"})
# FOR [NO KEY] UPDATE, FOR [KEY] SHARE
_LOCKING: Final = frozenset(product(("FOR", "KEY"), ("UPDATE", "SHARE")))
QUERIES: Final = frozenset({"SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"})
# Statements that return nothing to their caller. A block may hold one if its function returns None.
COMMANDS: Final[Mapping[Dialect, frozenset[str]]] = {
    "postgresql": frozenset({"ANALYZE", "CALL", "LOCK", "NOTIFY", "REFRESH", "TRUNCATE"}),
    "sqlite": frozenset({"ANALYZE", "VACUUM"}),
}


class Condition(NamedTuple):
    """The condition of `-- when argument` (the argument is not None) or `-- when argument = value`."""

    argument: str
    value: str | None = None


class Line(NamedTuple):
    """A line of a statement. It is kept if all its conditions hold."""

    text: str
    number: int
    conditions: tuple[Condition, ...] = ()


class Parameter(NamedTuple):
    """A position of `:name` in the statement, and its line with the conditions."""

    name: str
    start: int
    end: int
    line: Line


@dataclass(frozen=True)
class Block:
    """A named statement of one dialect."""

    name: str
    dialect: Dialect
    path: str
    line: int
    comment: tuple[str, ...]
    directives: dict[str, str]
    lines: tuple[Line, ...]
    not_null: Mapping[str, str] = field(default_factory=dict)  # column -> the reason why it is never NULL
    ignored: Mapping[str, str] = field(default_factory=dict)  # rule -> the reason why its findings are ignored here
    # The tokens of the statement, as the scan of the file found them; None if the statement has conditional lines.
    scanned: tuple[Token, ...] | None = field(default=None, repr=False, compare=False)
    is_alone: bool = False  # the catalog is written for one database, so that no other block means the same

    @property
    def where(self) -> str:
        """`file:line` of the header, for messages."""
        return f"{self.path}:{self.line}"

    @property
    def differs(self) -> str | None:
        """The reason why this statement has different texts in the two dialects; None if it has none."""
        return self.directives.get("differs")

    @property
    def runs_on_both(self) -> bool:
        """Whether the same text runs on both databases, and so must mean the same on both."""
        return not self.is_alone and self.differs is None

    @cached_property
    def source(self) -> str:
        """The comment and text to compare between the dialects, without directives."""
        return "\n".join([*self.comment, *(f"{line.text} {line.conditions}" for line in self.lines)])

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions of the block, each once, in the order of the text."""
        return tuple(dict.fromkeys(condition for line in self.lines for condition in line.conditions))

    @cached_property
    def all_lines(self) -> "Variant":
        """All lines together. This is not a valid statement, but contains all words and parameters."""
        return self.variant(lambda condition: True)

    @cached_property
    def words(self) -> tuple[tuple[str, int], ...]:
        """The unquoted words of all lines in upper case, each with its depth of parentheses below the first word."""
        found: list[tuple[str, int]] = []
        depth = 0
        for token in self.all_lines.tokens:
            if token.kind is Kind.WORD:
                depth = depth if found else 0
                found.append((token.text.upper(), depth))
            elif token.kind is Kind.OPERATOR:
                depth += (token.text == "(") - (token.text == ")")
        return tuple(found)

    @cached_property
    def verb(self) -> str:
        """The verb of the statement: its first word, or after `WITH` the first verb outside parentheses."""
        first = self.words[0][0] if self.words else ""
        if first != "WITH":
            return first
        return next((word for word, depth in self.words if depth == 0 and word in QUERIES), first)

    @property
    def command(self) -> str:
        """The command that the block holds, such as "CALL"; "" for a query."""
        return self.verb if self.verb in COMMANDS[self.dialect] else ""

    @cached_property
    def locks(self) -> bool:
        """Whether the statement contains a form of FOR UPDATE or FOR SHARE."""
        return any(pair in _LOCKING for pair in pairwise(word for word, _ in self.words))

    @cached_property
    def changes(self) -> bool:
        """Whether the statement or one of its CTEs changes rows."""
        words = [word for word, _ in self.words]
        changing = [word for before, word in pairwise(["", *words]) if (before, word) not in _LOCKING]
        return self.verb not in _READING or not _WRITING.isdisjoint(changing)

    @property
    def writes(self) -> bool:
        """Whether the statement changes or locks rows, and therefore needs a connection that may write."""
        return self.changes or self.locks

    @cached_property
    def returns_rows(self) -> bool:
        """Whether the statement returns rows: it reads, or it writes with RETURNING."""
        return self.verb in _READING or ("RETURNING", 0) in self.words

    def variant(self, holds: Callable[[Condition], bool]) -> "Variant":
        """Return the statement for these conditions. Equal variants are the same object, which is scanned once."""
        kept = tuple(line for line in self.lines if not line.conditions or all(map(holds, line.conditions)))
        numbers = tuple(line.number for line in kept) if len(kept) < len(self.lines) else None
        if (known := self._variants.get(numbers)) is None:
            known = self._variants[numbers] = Variant(self.dialect, kept, self.scanned)
        return known

    @cached_property
    def _variants(self) -> dict[tuple[int, ...] | None, "Variant"]:
        """The variants by the numbers of their lines; None if all lines are kept."""
        return {}


class Variant:
    """A complete statement: the lines of a block whose conditions hold."""

    def __init__(self, dialect: Dialect, lines: tuple[Line, ...], scanned: tuple[Token, ...] | None = None) -> None:
        self.dialect: Final = dialect
        self.lines: Final = lines
        self.scanned: Final = scanned

    @cached_property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        return tokens_of(self.text, self.dialect) if self.scanned is None else self.scanned

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """All positions of all parameters, in the order of the text."""
        return tuple(
            Parameter(token.text[1:], token.start, token.end, self.line_of(token))
            for token in self.tokens
            if token.kind is Kind.PARAMETER
        )

    @cached_property
    def command(self) -> str:
        """The command that the statement is, such as "CALL"; "" for a query."""
        first = next((token.text.upper() for token in self.tokens if token.kind is not Kind.COMMENT), "")
        return first if first in COMMANDS[self.dialect] else ""

    def line_of(self, token: Token) -> Line:
        """Return the line on which a token starts."""
        return self.lines[bisect_right(self._starts, token.start) - 1]

    def place_at(self, offset: int) -> tuple[int, int]:
        """Return the line in the file and the column of an offset in the text; both count from 1."""
        index = max(0, bisect_right(self._starts, offset) - 1)
        return self.lines[index].number, offset - self._starts[index] + 1

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(line.text) + 1 for line in self.lines[:-1])]

    def rewritten(self, placeholder: Callable[[str], str]) -> str:
        """Return the text with each `:name` replaced. A space is added where needed: `LIMIT:n` becomes `LIMIT $1`."""
        pieces, position = [], 0
        for parameter in self.parameters:
            before = self.text[position : parameter.start]
            gap = " " if before and ends_in_word(before) else ""
            pieces += [before, gap, placeholder(parameter.name)]
            position = parameter.end
        return "".join([*pieces, self.text[position:]])
