"""A block of a file to edit: the position of the statement in the text of the block, and its tokens."""

from dataclasses import dataclass

from hangar_dal.query.clauses import ClauseScope, scopes_of_text
from hangar_dal.sqlblock import Block
from hangar_dal.sqlfile import parse
from hangar_dal.sqlscan import Dialect, Kind, tokens_of
from hangar_dal.textlines import TextLines


@dataclass(frozen=True, slots=True)
class EditedStatement:
    """A block, split into the header with comments, the statement, and the rest from the semicolon on."""

    block: Block
    before: str
    text: str
    behind: str

    @property
    def dialect(self) -> Dialect:
        return self.block.dialect

    @property
    def root(self) -> ClauseScope:
        """The tokens of the statement at its top level, without comments, so with the first variant of each choice."""
        return scopes_of_text(self.text, self.dialect)[0]

    @property
    def newline(self) -> str:
        """The line break of the block."""
        return "\r\n" if "\r\n" in self.before else "\n"

    def line_of(self, offset: int) -> int:
        """Return the line number in the block's text of an offset in the statement."""
        return TextLines(self.before + self.text).line_of(len(self.before) + offset)

    def has_optional_lines(self, start: int, end: int) -> bool:
        """Return whether one of these lines depends on a `-- when`."""
        lines = range(self.line_of(start), self.line_of(end) + 1)
        return any(line.conditions and line.number in lines for line in self.block.lines)


def read_statement(text: str, path: str, dialect: Dialect) -> EditedStatement | None:
    """Return the statement of a block that begins with its header; None if the block is malformed."""
    file = parse(text, path=path, dialect=dialect)
    if len(file.blocks) != 1 or file.faults:
        return None
    code = [token for token in tokens_of(text, dialect) if token.kind is not Kind.COMMENT]
    start = code[0].start
    end = code[-1].start if code[-1].kind is Kind.SEMICOLON else code[-1].end
    return EditedStatement(next(iter(file.blocks.values())), text[:start], text[start:end], text[end:])
