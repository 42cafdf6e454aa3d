"""What is wrong in one place of a block: found by `comparison` and `refusals`, made a finding by `declared`."""

from typing import NamedTuple

from hangar_dal.rules import Severity


class Disagreement(NamedTuple):
    """`line` is of the file, `column` of the line; both count from 1."""

    line: int
    column: int
    rule: str
    message: str
    fix: str = ""
    severity: Severity = "error"
