"""One thing that is wrong: where, what, and what to write instead. Imports no other module."""

from dataclasses import dataclass
from typing import Final, Literal

Severity = Literal["error", "warning"]

FILE_FORMAT: Final = "file-format"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Sorted by place. `rule` is the short name by which docs/check.md explains it; `query` is `file.function`.

    `dialect` is empty for what both databases share: a signature, a model, a file that only one of them lacks.
    """

    path: str
    line: int
    column: int
    dialect: str
    query: str
    rule: str
    severity: Severity
    message: str
    fix: str = ""

    @property
    def sentence(self) -> str:
        """All of it in one line for an error message, the query named once."""
        named = self.message.startswith((self.query, *(f"{self.query.rpartition('.')[2]}{end}" for end in (" ", ":"))))
        query = "" if not self.query or named or self.rule == FILE_FORMAT else f"{self.query}: "
        return f"{self.path}:{self.line}: {query}{self.message}{f'; {self.fix}' if self.fix else ''}"
