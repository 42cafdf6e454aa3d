"""Faults in a block that `comparison` and `refusals` report. `declared` converts each to a `Finding`."""

from typing import NamedTuple

from hangar_dal.rules import Rule


class Disagreement(NamedTuple):
    """A fault at a line and a column of the SQL file. Both count from 1."""

    line: int
    column: int
    rule: Rule
    message: str
    fix: str = ""


class Refusal(NamedTuple):
    """A fault at an offset of the text of one variant."""

    at: int
    rule: Rule
    message: str
    fix: str
