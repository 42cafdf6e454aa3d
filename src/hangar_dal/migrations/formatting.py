"""Format rules for people. The rules of SQLite are stored as words separated by spaces, so that they can be compared.

Does not depend on the other modules.
"""

import re
from typing import Final

_LITERALS: Final = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
_NO_FUNCTIONS: Final = (
    "all|always|and|any|as|between|brin|btree|check|distinct|else|gin|gist|glob|hash|in|include|is|like|not|on|or|spgist"
    "|then|to|unique|using|when|where"
)
_SPELLING: Final = (
    (re.compile(r"(?<=[<>=!|]) (?=[<>=|])"), ""),
    (re.compile(r" ([),.])"), r"\1"),
    (re.compile(r"([(.]) "), r"\1"),
    # A name before a parenthesis is a function, unless it is one of these words or, after ON, a table.
    (re.compile(rf"(?<!on )\b(?!(?:{_NO_FUNCTIONS})\b)(\w+) \(", re.IGNORECASE), r"\1("),
)


def readable(rule: str) -> str:
    """Return the rule with the usual spacing. Text in quotes does not change."""
    parts = _LITERALS.split(rule)
    for at in range(0, len(parts), 2):
        for pattern, spelled in _SPELLING:
            parts[at] = pattern.sub(spelled, parts[at])
    return "".join(parts)
