"""Find text that is equal in both dialects but returns different rows, or returns them in a different order.

Twins that differ are left alone.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.query.clauses import ClauseScope
from hangar_dal.query.disagreement import Refusal
from hangar_dal.query.meanings import MEANINGS
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import Kind, Token

_FOLDING: Final = ("LOWER", "UPPER")
# The letters that a text in this case does not have. SQLite distinguishes the case of all letters beyond ASCII.
_LETTERS: Final = {"LOWER": re.compile("[A-Z]"), "UPPER": re.compile("[a-z]")}
_AFTER_PATTERN: Final = frozenset(
    {"ESCAPE", "AND", "OR", "LIKE", "THEN", "WHEN", "ELSE", "END", "ORDER", "GROUP", "LIMIT", "RETURNING", "FROM", "AS"}
)
_AGGREGATES: Final = frozenset(
    {"JSON_AGG", "JSONB_AGG", "ARRAY_AGG", "STRING_AGG", "JSON_GROUP_ARRAY", "JSONB_GROUP_ARRAY", "GROUP_CONCAT"}
)
LIKE_DIFFERS: Final = Rule(
    "like-differs",
    "error",
    "LIKE means the same on both databases: it compares folded texts and names its ESCAPE.",
    """\
SQLite ignores the case of A to Z in LIKE, and PostgreSQL uses the backslash as escape character. Compare a `_fold`
column with a pattern that is folded too: the `:name_fold` of an argument `name: Annotated[str, CaseInsensitive]`,
`lower(...)`, or a quoted text without capital letters. Write `ESCAPE '\\'` unless the pattern is a quoted text without
a backslash. Blocks with a `-- differs:` line are not checked. [meaning-differs](#meaning-differs) lists more
differences.

In an argument, `%`, `_` and the backslash have their special meaning too. A pattern that ends in a single backslash is
an error on PostgreSQL and finds nothing on SQLite. `:name_fold || '%'` never ends in one. To find these characters as
they are, write a backslash before each of them, in Python or in SQL that is the same on both databases:
`LIKE replace(replace(replace(:name_fold, '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%' ESCAPE '\\'`.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, start: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND name LIKE :start || '%'
ORDER BY id;
""",
    good="""\
--- items.py
@query
async def list_items(
    db: Executor, owner_id: UUID, *, start: Annotated[str, CaseInsensitive]
) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id AND name_fold LIKE :start_fold || '%' ESCAPE '\\'
ORDER BY id;
""",
)


def different_likes(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for each LIKE that has a different meaning on the two databases."""
    if not block.runs_on_both:
        return
    for name, places in (("like_case", _blind_to_case(scope)), ("like_escape", _without_escape(scope))):
        meaning = MEANINGS[name]
        for at in places:
            yield Refusal(at, LIKE_DIFFERS, meaning.message, meaning.instead)


def _blind_to_case(scope: ClauseScope) -> Iterator[int]:
    """Yield the offset of each LIKE whose sides are not both folded. Only on SQLite does `A` match `a`."""
    for at in (at for at, word in enumerate(scope.words) if word == "LIKE"):
        left = at - 2 if scope.word(at - 1) == "NOT" else at - 1
        item = scope.items[left] if left >= 0 else None
        function = item.before if isinstance(item, ClauseScope) else ""
        is_folded = function in _FOLDING or scope.text(left).strip('"').lower().endswith("_fold")
        if not is_folded or not _is_folded(scope.items[at + 1 : _end_of_pattern(scope, at)], function or "LOWER"):
            yield scope.offset(at)


def _end_of_pattern(scope: ClauseScope, like: int) -> int:
    ends = (
        end for end in range(like + 1, len(scope.words)) if scope.words[end] in _AFTER_PATTERN or scope.text(end) == ","
    )
    return next(ends, len(scope.words))


def _is_folded(pattern: "Sequence[Token | ClauseScope]", function: str) -> bool:
    """Return whether all parameters and texts of a pattern are in the case that the function gives, LOWER or UPPER."""
    last = pattern[-1] if len(pattern) in (1, 3) else None  # a column, perhaps with its table
    if isinstance(last, Token) and last.kind in (Kind.WORD, Kind.NAME):
        return function == "LOWER" and last.text.strip('"').lower().endswith("_fold")
    for item in pattern:
        if isinstance(item, ClauseScope):
            if item.before != function and not _is_folded(item.items, function):
                return False
        elif item.kind is Kind.PARAMETER:
            if function == "UPPER" or not item.text.lower().endswith("_fold"):
                return False
        elif item.kind is Kind.STRING and _LETTERS[function].search(item.text.removeprefix("E")):
            return False
    return True


def _without_escape(scope: ClauseScope) -> Iterator[int]:
    """Yield the offset of each LIKE without ESCAPE whose pattern may hold a backslash.

    Only PostgreSQL treats a backslash as an escape character.
    """
    for at in (at for at, word in enumerate(scope.words) if word == "LIKE"):
        pattern = scope.items[at + 1] if at + 1 < len(scope.items) else None
        is_text = isinstance(pattern, Token) and pattern.kind is Kind.STRING and "\\" not in pattern.text
        if is_text and scope.text(at + 2) != "|":
            continue
        ends = (end for end in range(at + 1, len(scope.words)) if scope.words[end] in ("AND", "OR", "LIKE"))
        if "ESCAPE" not in scope.words[at : next(ends, len(scope.words))]:
            yield scope.offset(at)


AGGREGATE_UNORDERED: Final = Rule(
    "aggregate-unordered",
    "error",
    "A list that is made from rows has a defined order.",
    """\
The items of `json_agg(...)`, `json_group_array(...)`, `string_agg(...)` and the like have no fixed order. Write the
ORDER BY inside the call. On SQLite, read from a subquery with an ORDER BY.
""",
    bad="""\
--- items.py
@query
async def list_names(db: Executor, owner_id: UUID) -> JsonArray: ...
--- sqlite/items.sql
-- name: list_names
-- differs: each database has its own function
SELECT json_group_array(name) AS names
FROM items
WHERE owner_id = :owner_id;
--- postgresql/items.sql
-- name: list_names
-- differs: each database has its own function
SELECT coalesce(json_agg(name), '[]') AS names
FROM items
WHERE owner_id = :owner_id;
""",
    good="""\
--- sqlite/items.sql
-- name: list_names
-- differs: each database has its own function
SELECT json_group_array(name) AS names
FROM (SELECT name FROM items WHERE owner_id = :owner_id ORDER BY id) AS sorted;
--- postgresql/items.sql
-- name: list_names
-- differs: each database has its own function
SELECT coalesce(json_agg(name ORDER BY id), '[]') AS names
FROM items
WHERE owner_id = :owner_id;
""",
)


def unordered_aggregates(scope: ClauseScope, block: Block) -> Iterator[Refusal]:
    """Yield a refusal for each aggregate that collects a list without ORDER BY.

    Ignores aggregates that read from a sorted subquery or from a table function, whose rows have an order.
    """
    from_ = scope.find("FROM")
    if from_ is None:
        return
    source, behind = [*scope.items[from_ + 1 : from_ + 3], None, None][:2]
    is_sorted = isinstance(source, ClauseScope) and source.find("ORDER", "BY") is not None
    if not is_sorted and not isinstance(behind, ClauseScope):
        for at, function in _unordered(scope):
            fix = "write ORDER BY inside the call, or read from a subquery with ORDER BY"
            yield Refusal(at, AGGREGATE_UNORDERED, f"{function} returns its items in no order", fix)


def _unordered(scope: ClauseScope) -> Iterator[tuple[int, str]]:
    """Yield the offset and the name of each aggregate without ORDER BY, also inside calls such as `coalesce(...)`."""
    for at, item in scope.nested:
        if item.before in _AGGREGATES:
            in_window = "OVER" in scope.words[at + 1 : at + 4]  # OVER may follow FILTER (...)
            if item.find("ORDER", "BY") is None and not in_window:
                yield scope.offset(at - 1), scope.text(at - 1)
        elif item.verb is None:
            yield from _unordered(item)
