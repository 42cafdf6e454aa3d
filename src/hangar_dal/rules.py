"""A rule of `hangar-dal check` or `hangar-dal migrations verify`, and a finding: one place where a rule is broken.

Each rule stands in the module that finds where it is broken. `contract/rules.py` lists all of them: docs/rules.md,
`hangar-dal check --explain` and SARIF reports are made from this list. Imports no other module.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, Self

Severity = Literal["error", "warning"]
_LINK: Final = re.compile(r"\[([^]]+)\]\([^)]+\)")


class Problem(NamedTuple):
    """What is wrong, and what to write instead; not yet where."""

    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message

    def of(self, what: str) -> Self:
        """The same, of what is named first."""
        return self._replace(message=f"{what}: {self.message}")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Sorted by place. `rule` is the id of a rule, which docs/rules.md explains; `query` is `file.function`.

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
        query = "" if not self.query or named or self.rule == "file-format" else f"{self.query}: "
        return f"{self.path}:{self.line}: {query}{self.message}{f'; {self.fix}' if self.fix else ''}"


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for queries or migrations.

    id: lower case, with hyphens.
    summary: one sentence that says what holds.
    explanation: Markdown: when the rule is broken, and what to write instead.
    bad, good: two versions of a small application. The first one gets a finding of this rule and no other finding, the
        second one gets none. Each file begins with a line `--- NAME`: `items.py`; `items.sql` for both dialects, or
        `sqlite/items.sql` and `postgresql/items.sql`. `good` leaves out the files that are the same; a file without
        text is deleted. There may be a `pyproject.toml`, migrations (`migrations/0002_x.sql`), and a part `command`:
        the command lines to run in the folder, of which the last one reports. Both are empty where none is known, or
        where an example would be long.
    """

    id: str
    severity: Severity
    summary: str
    explanation: str
    bad: str
    good: str

    @property
    def text(self) -> str:
        """Summary and explanation, without the links, which only a page of the documentation can follow."""
        return _LINK.sub(r"\1", f"{self.summary}\n\n{self.explanation}")

    def finding(
        self, path: str, line: int, column: int, message: str, fix: str = "", *, dialect: str = "", query: str = ""
    ) -> Finding:
        """A place where this rule is broken. `line` and `column` count from 1."""
        return Finding(path, line, column, dialect, query, self.id, self.severity, message, fix)
