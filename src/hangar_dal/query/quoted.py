"""Find placeholders inside quotes, which a database reads as text."""

import re
from collections.abc import Iterator
from typing import Final

from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.signature import Signature
from hangar_dal.query.sources import ParameterSource, Unresolved, resolve
from hangar_dal.rules import Rule
from hangar_dal.sqlblock import Block, Line
from hangar_dal.sqlscan import Kind

PARAMETER_QUOTED: Final = Rule(
    "parameter-quoted",
    "error",
    "A placeholder is outside quotes: inside, a database reads it as text.",
    """\
The statement below compares names with the five characters `:name`. `WHERE note = 'by :name'` compares notes with
that text as it is written. Write `:name` without quotes, and join it to text by `||`: `'by ' || :name`, or
`'%' || :name || '%'` for a pattern. For LIKE, see [like-differs](#like-differs).
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, name: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND name = ':name' ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND name = :name ORDER BY id;
""",
)
_PLACEHOLDER: Final = re.compile(r"(?<![:\w]):([A-Za-z_][A-Za-z0-9_]*)")


def quoted_placeholders(block: Block, signature: Signature, used: set[str]) -> Iterator[Disagreement]:
    """Yield each `':name'` that has a source, and each `:name` in longer text if nothing else uses its argument.

    `used` holds the arguments that the statement uses. The arguments of quoted placeholders are added, so that they
    are not reported as unused too.
    """
    statement, before = block.all_lines, frozenset(used)
    for token in statement.tokens:
        if token.kind not in (Kind.STRING, Kind.NAME):
            continue
        for placeholder in _PLACEHOLDER.finditer(token.text):
            source = _source(placeholder[1], statement.line_of(token), signature)
            is_alone = token.text[1:-1] == placeholder[0]
            if source is None or not (is_alone or source.argument not in before):
                continue
            used.add(source.argument)
            place = statement.place_at(token.start + placeholder.start())
            message = f"{placeholder[0]} is inside quotes, so it is text and not a placeholder"
            fix = f"write {placeholder[0]} without quotes"
            if not is_alone:
                fix += ", and join it to the text with ||"
            yield Disagreement(*place, PARAMETER_QUOTED, message, fix)


def _source(name: str, line: Line, signature: Signature) -> ParameterSource | None:
    try:
        return resolve(name, line, signature)
    except Unresolved:
        return None
