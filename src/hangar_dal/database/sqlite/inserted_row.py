"""Read the row that a failed INSERT of one row tried to write, without running the statement again.

`replay` can do this for every statement, but SQLite then reads its whole schema again. Below `errors`.
"""

from collections.abc import Mapping
from typing import Any, Final

from hangar_dal.database.sqlite.constraint_names import name_of
from hangar_dal.database.sqlite.replay import DRIVER_ERRORS, Failed, quoted
from hangar_dal.sqlscan import Kind, Token, tokens_of

_COLUMNS: Final = "SELECT name, dflt_value FROM pragma_table_xinfo(?) WHERE hidden = 0"


def inserted_row(failed: Failed, table: str) -> Mapping[str, Any] | None:
    """Return the values by column; None for any other statement, such as an upsert or an INSERT of several rows.

    Generated columns are missing.
    """
    parts = _parts(failed.text)
    if parts is None or failed.parameters is None or parts[1].lower() != table.lower():
        return None
    prefix, _, names, body = parts
    defaults = dict(failed.raw.execute(_COLUMNS, (table,)).fetchall())
    given = {name.lower() for name in names}
    rest = {name: default or "NULL" for name, default in defaults.items() if name.lower() not in given}
    shown = "".join(f", ({default}) AS {quoted(name)}" for name, default in rest.items())
    listed = ", ".join(map(quoted, names))
    text = f"{prefix} hangar_new ({listed}) AS ({body}) SELECT *{shown} FROM hangar_new LIMIT 2"  # noqa: S608 - of the statement
    try:
        rows = failed.raw.execute(text, failed.parameters).fetchall()
    except DRIVER_ERRORS:  # its parameters belong to another part of the statement
        return None
    known = {name.lower(): name for name in defaults}
    columns = [*(known.get(name.lower(), name) for name in names), *rest]
    return dict(zip(columns, rows[0], strict=True)) if len(rows) == 1 else None


def _parts(text: str) -> tuple[str, str, list[str], str] | None:
    """Return the beginning of a WITH, the table, the columns and the source of a plain INSERT."""
    tokens = [token for token in tokens_of(text, "sqlite") if token.kind is not Kind.COMMENT]
    words = [token.text.upper() for token in tokens]
    depths = _depths(tokens)
    start = next((n for n, word in enumerate(words) if word == "INSERT" and depths[n] == 0), None)
    if start is None or words[start + 1 : start + 2] != ["INTO"] or words[start + 3 : start + 4] != ["("]:
        return None
    close = next((n for n in range(start + 3, len(words)) if words[n] == ")" and depths[n] == 1), None)
    if close is None:
        return None
    names = [name_of(token) for token in tokens[start + 4 : close] if token.text != ","]
    end = next((n for n in range(close, len(words)) if depths[n] == 0 and words[n] in ("RETURNING", ";")), len(words))
    is_upsert = any(words[n : n + 2] == ["ON", "CONFLICT"] for n in range(close, end) if depths[n] == 0)
    if is_upsert or close + 1 >= end:
        return None
    prefix = f"{text[: tokens[start].start]}," if words[0] == "WITH" else "WITH"
    return prefix, name_of(tokens[start + 2]), names, text[tokens[close + 1].start : tokens[end - 1].end]


def _depths(tokens: list[Token]) -> list[int]:
    """Return for each token how many parentheses are open there. A parenthesis is inside of itself."""
    found, depth = list[int](), 0
    for token in tokens:
        depth += token.text == "("
        found.append(depth)
        depth -= token.text == ")"
    return found
