"""Rules of `hangar-dal check` and `hangar-dal migrations verify`, and findings: the places where a rule is broken.

Each rule is defined in the module that checks it. `check/rules/table.py` lists all rules. docs/rules.md, SARIF reports
and `hangar-dal check --explain` are generated from this list. Imports no other module.
"""

import re
from typing import Final, Literal, NamedTuple, Self

Severity = Literal["error", "warning"]
_LINK: Final = re.compile(r"\[([^]]+)\]\([^)]+\)")


class Problem(NamedTuple):
    """What is wrong and how to fix it, without a location."""

    message: str
    fix: str = ""

    def __str__(self) -> str:
        return f"{self.message}; {self.fix}" if self.fix else self.message

    def of(self, what: str) -> Self:
        """Return the same problem with the name `what` in front of the message."""
        return self._replace(message=f"{what}: {self.message}")


class Finding(NamedTuple):
    """A place where a rule is broken. `rule` is the id of the rule, see docs/rules.md; `query` is `file.function`.

    Findings sort by location. `dialect` is empty if the finding concerns both databases, such as a signature or a
    model.
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
        """The whole finding in one line for an error message. The query is named once."""
        named = self.message.startswith((self.query, *(f"{self.query.rpartition('.')[2]}{end}" for end in (" ", ":"))))
        query = "" if not self.query or named or self.rule == "file-format" else f"{self.query}: "
        return f"{self.path}:{self.line}: {query}{self.message}{f'; {self.fix}' if self.fix else ''}"


class Rule(NamedTuple):
    """A rule for queries or migrations.

    id: lower case, with hyphens.
    summary: one sentence that says what holds.
    explanation: Markdown: when the rule is broken, and what to write instead.
    bad, good: two versions of a small application. The first one gets a finding of this rule and no other finding, the
        second one gets none. Each file begins with a line `--- NAME`: `items.py`; `items.sql` for both dialects, or
        `sqlite/items.sql` and `postgresql/items.sql`. `good` leaves out the files that are the same; a file without
        text is deleted. There may be a `pyproject.toml`, migrations (`migrations/0002_x.sql`), and a part `command`:
        the command lines to run in the folder, of which the last one reports. Both are empty if no example is
        known, or if it would be long.
    """

    id: str
    severity: Severity
    summary: str
    explanation: str
    bad: str
    good: str

    @property
    def text(self) -> str:
        """Summary and explanation, without links, which work only in the documentation."""
        return _LINK.sub(r"\1", f"{self.summary}\n\n{self.explanation}")

    def finding(
        self, path: str, line: int, column: int, message: str, fix: str = "", *, dialect: str = "", query: str = ""
    ) -> Finding:
        """Return a finding of this rule. `line` and `column` count from 1."""
        return Finding(path, line, column, dialect, query, self.id, self.severity, message, fix)
