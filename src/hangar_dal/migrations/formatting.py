"""How rules are shown: SQLite's are kept word by word to be compared, and people write them otherwise.

Knows nothing of schemas.
"""

import re
from typing import Final

_LITERALS: Final = re.compile(r"""('(?:[^']|'')*'|"(?:[^"]|"")*")""")
_NO_FUNCTIONS: Final = (
    "all|always|and|any|as|between|brin|btree|check|else|gin|gist|glob|in|is|like|not|on|or|then|to|unique|using|when"
    "|where"
)
_SPELLING: Final = (
    (re.compile(r"(?<=[<>=!|]) (?=[<>=|])"), ""),
    (re.compile(r" ([),.])"), r"\1"),
    (re.compile(r"([(.]) "), r"\1"),
    # A name before a parenthesis is that of a function, unless it is one of these, or a table.
    (re.compile(rf"(?<!on )\b(?!(?:{_NO_FUNCTIONS})\b)(\w+) \(", re.IGNORECASE), r"\1("),
)


def readable(rule: str) -> str:
    """The same rule, spaced as a person would; what stands in quotes is left as it is."""
    parts = _LITERALS.split(rule)
    for at in range(0, len(parts), 2):
        for pattern, spelled in _SPELLING:
            parts[at] = pattern.sub(spelled, parts[at])
    return "".join(parts)
