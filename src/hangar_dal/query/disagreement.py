"""What is wrong in one place of a block: found by `comparison` and `refusals`, made a finding by `declared`."""

from typing import NamedTuple

from hangar_dal.rules import Rule


class Disagreement(NamedTuple):
    """`line` is of the file, `column` of the line; both count from 1."""

    line: int
    column: int
    rule: Rule
    message: str
    fix: str = ""


class Refusal(NamedTuple):
    """What is wrong at an offset of one variant's text."""

    at: int
    rule: Rule
    message: str
    fix: str
