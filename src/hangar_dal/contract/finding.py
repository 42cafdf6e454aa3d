"""One thing that is wrong: where, what, and what to write instead. Stands at the bottom of the contract floor."""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


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
