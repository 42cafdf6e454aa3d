"""Split a SQL file into pieces that can be changed, moved and copied: blocks, and the comments between them.

Joining the pieces of an unchanged file gives exactly the same text.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Self

from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import Dialect, Kind, scan
from hangar_dal.textlines import TextLines

_BOM: Final = "\ufeff"
_REST_OF_BLOCK: Final = re.compile(r"[^\n]*(?:\n--(?! name:)[^\n]*)*")
_SPACE: Final = re.compile(r"\s*")


class Unreadable(Exception):
    """Raised for a file that cannot be edited. The message says why."""


@dataclass(frozen=True, slots=True)
class BlockText:
    """A block from its header to its semicolon, with the rest of that line and the comments directly below it.

    `space` is the empty lines before the block, `lead` the comment above its header.
    """

    name: str
    text: str
    space: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class SqlText:
    """A SQL file in pieces. `head` is the comments at the top, `tail` the text after the last block."""

    path: Path
    dialect: Dialect
    blocks: tuple[BlockText, ...] = ()
    head: str = ""
    tail: str = ""
    bom: str = ""
    newline: str = "\n"

    @property
    def names(self) -> list[str]:
        return [block.name for block in self.blocks]

    @property
    def written(self) -> str:
        """The text of the whole file."""
        pieces = (f"{block.space}{block.lead}{block.text}" for block in self.blocks)
        return "".join([self.bom, self.head, *pieces, self.tail])

    def block(self, name: str) -> BlockText | None:
        """Return the block with this name; None if there is none."""
        return next((block for block in self.blocks if block.name == name), None)

    def line_of(self, name: str) -> int:
        """Return the line number of a block's header."""
        before = self.head
        for block in self.blocks:
            before += block.space + block.lead
            if block.name == name:
                break
            before += block.text
        return before.count("\n") + 1

    def with_text(self, name: str, text: str) -> Self:
        """Return the file with the text of a block replaced."""
        return replace(
            self, blocks=tuple(replace(each, text=text) if each.name == name else each for each in self.blocks)
        )

    def with_line_breaks(self, text: str) -> str:
        """Return a text from another file with the line breaks of this file."""
        return text.replace("\r\n", "\n").replace("\n", self.newline)

    def with_block(self, block: BlockText, *, after: str | None) -> Self:
        """Return the file with a block added after the block `after`, or before all others if `after` is None."""
        made = BlockText(block.name, self.with_line_breaks(block.text), lead=self.with_line_breaks(block.lead))
        if not self.blocks:
            head = self.tail.rstrip() + self.newline * 2 if self.tail.strip() else ""
            return replace(self, head=head, blocks=(made,), tail=self.newline)
        at = self.names.index(after) + 1 if after is not None else 0
        return replace(self, blocks=self._spaced([*self.blocks[:at], made, *self.blocks[at:]]))

    def in_order(self, names: Sequence[str]) -> Self:
        """Return the file with its blocks in this order. The empty lines keep their positions."""
        return replace(self, blocks=self._spaced([each for name in names if (each := self.block(name))]))

    def _spaced(self, blocks: Sequence[BlockText]) -> tuple[BlockText, ...]:
        spaces = [block.space for block in self.blocks]
        usual = spaces[1] if len(spaces) > 1 else self.newline * 2
        spaces += [usual] * len(blocks)
        return tuple(replace(block, space=space) for block, space in zip(blocks, spaces, strict=False))


def read_sql(path: Path, dialect: Dialect) -> SqlText:
    """Read a file into pieces; no blocks if it does not exist. Raises `Unreadable` if it is malformed."""
    try:
        whole = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return SqlText(path, dialect)
    except (OSError, UnicodeDecodeError) as fault:
        raise Unreadable(f"{path}: cannot be read: {fault}") from None
    text = whole.removeprefix(_BOM)
    if "\r" in text.replace("\r\n", ""):
        raise Unreadable(f"{path}: a line ends with a carriage return only; save the file with LF or CRLF line breaks")
    if faults := parse(text, path=str(path), dialect=dialect).faults:
        raise Unreadable(f"{faults[0].sentence}; this file is not changed until the fault is corrected")
    return _in_pieces(SqlText(path, dialect, bom=whole[: len(whole) - len(text)]), text)


def _in_pieces(file: SqlText, text: str) -> SqlText:
    blocks: list[BlockText] = []
    position, head = 0, ""
    lines = TextLines(text)
    headers = parse(text, path=str(file.path), dialect=file.dialect).headers
    starts = {line: name for name, line in headers.items()}
    tokens = list(scan(text, file.dialect))
    ends = [token.end for token in tokens if token.kind is Kind.SEMICOLON]
    for line, name in sorted(starts.items()):
        start = lines.start_of(line)
        semicolon = next(end for end in ends if end > start)
        rest = _REST_OF_BLOCK.match(text, semicolon)
        end = rest.end() if rest else semicolon
        end = next(
            (token.end for token in tokens if token.start < end < token.end), end
        )  # include a comment that spans several lines
        end -= text[semicolon:end].endswith("\r")
        between = text[position:start]
        if not blocks:
            head, between = _split_head(between)
        found = _SPACE.match(between)
        space = between[: found.end()] if found else ""
        blocks.append(BlockText(name, text[start:end], space, between[len(space) :]))
        position = end
    newline = "\r\n" if "\r\n" in text else "\n"
    return replace(file, blocks=tuple(blocks), head=head, tail=text[position:], newline=newline)


def _split_head(before: str) -> tuple[str, str]:
    """Split the comments about the file from the comment directly above the first header."""
    end = max(before.rfind("\n\n"), before.rfind("\n\r\n"))
    if end < 0:
        return "", before
    cut = len(before) - len(before[end:].lstrip())
    return before[:cut], before[cut:]
