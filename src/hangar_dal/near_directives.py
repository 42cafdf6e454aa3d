"""Find comments that are nearly a header, a directive or a condition, which would otherwise be ignored silently.

A comment that only begins with such a word is prose: `-- When the user is gone, the row stays.`
"""

import re
from collections.abc import Iterator
from types import MappingProxyType
from typing import Final

DIRECTIVES: Final = MappingProxyType(
    {
        "differs": "-- differs: reason",
        "scan": "-- scan: reason",
        "not null": "-- not null: column: reason",
        "ignore": "-- ignore: rule: reason",
    }
)
DIRECTIVE: Final = re.compile(rf"--\s*({'|'.join(DIRECTIVES)}):\s*(.*)$")
WHEN: Final = re.compile(r"--\s*when\s+(?![\s:\uff1a])(.*)$")
CONDITION: Final = re.compile(r"([a-z_][a-z0-9_]*)(?:\s*=\s*([\w-]+))?$")

_OPENED: Final = r"(?:-{2,}|/\*)"
_LABEL: Final = re.compile(rf"{_OPENED}([\s:]*)(\w+)(\s*[:\uff1a=])?\s*(\S.*?)?(?:\*/)?$", re.DOTALL)
_NEARLY_NOT_NULL: Final = re.compile(rf"{_OPENED}[\s:]*([a-z]+[\s_-]*null\w*)\s*[:\uff1a=]", re.IGNORECASE)
_NEARLY_WHEN: Final = re.compile(r"(?:--|/\*)[\s:]*when\b\s*([:\uff1a=]?)(.*)$", re.IGNORECASE | re.DOTALL)
# A directive without its first colon. Prose after these words seldom has a colon there, and most rules have a hyphen.
_RULE: Final = "rules?|star|scan|clock|signature|edited|[a-z]+(?:-[a-z]+)+"
_WITHOUT_COLON: Final = re.compile(
    rf"{_OPENED}\s*(?:(not null)\s+[a-z_][a-z0-9_]*|(ignore)[\s_-]+(?:{_RULE}))\s*:\s*\S"
)
_FIX_WHEN: Final = "write `-- when argument` or `-- when argument = value`"


def nearly(comment: str) -> Iterator[tuple[str, str]]:
    """Yield message and fix for a misspelt header or directive."""
    if directive := DIRECTIVE.match(comment):
        if not directive[2].strip():
            yield f"`-- {directive[1]}:` needs its reason behind the colon", ""
        return
    if _NEARLY_NOT_NULL.match(comment):
        yield "misspelt directive", f"write `{DIRECTIVES['not null']}`"
        return
    if found := _WITHOUT_COLON.match(comment):
        yield "misspelt directive", f"write `{DIRECTIVES[found[1] or found[2]]}`"
        return
    label = _LABEL.match(comment)
    if label is None:
        return
    from difflib import get_close_matches  # noqa: PLC0415 - few comments begin with a word and a colon

    word, has_colon, rest = label[2].lower(), label[3] is not None, label[4] or ""
    is_identifier = re.fullmatch(r"[\w.-]+\s*(\(.*\))?", rest.strip()) is not None
    is_name = word == "name" and (has_colon or is_identifier)
    if is_name or (is_identifier and get_close_matches(word, ["name"], cutoff=0.7)):
        yield "misspelt header", "write `-- name: lower_case` alone, at the start of a line"
    elif (has_colon or ":" in label[1]) and (near := get_close_matches(word, DIRECTIVES, n=1, cutoff=0.75)):
        yield "misspelt directive", f"write `{DIRECTIVES[near[0]]}`"


def nearly_when(comment: str) -> tuple[int, str, str] | None:
    """Return the offset, a message and a fix for a misspelt condition in a statement; None for any other comment."""
    found = _NEARLY_WHEN.search(comment)
    if found is None or (comment.startswith("--") and WHEN.match(comment, found.start())):
        return None
    text = found[2].removesuffix("*/").strip()
    parts = [part.partition("=") for part in text.split(",")]
    written = [f"{name.strip().lower()}{f' = {value.strip()}' if equal else ''}" for name, equal, value in parts]
    if not text:
        return found.start(), "a `-- when` without a condition", _FIX_WHEN
    if all(CONDITION.match(each) for each in written):
        return found.start(), "misspelt condition", f"write `-- when {', '.join(written)}`"
    return (found.start(), "misspelt condition", _FIX_WHEN) if found[1] else None
