"""The PostgreSQL type of each kind of value. The codec sends values with it, and `check` prepares statements with it.

The type depends only on the kind, not on the value, so a statement is prepared once, and an empty list is sent like any
other list. Only None is sent without a type. Imports no driver, because `check --offline` needs this table.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

from hangar_dal.database.kinds import KINDS, OPEN
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Kind, Token

# Text is sent without a type, like a quoted literal. PostgreSQL then infers an enum, a domain or text from the context.
# The labels of enums are sent like this in a list too.
TYPES: Final[Mapping[str, str]] = {
    **{kind.name: kind.sent for kind in KINDS},
    **{f"list:{kind.name}": f"{kind.sent}[]" if kind.sent else OPEN for kind in KINDS if kind.name != "json"},
    "list:text": "text[]",
    "list:label": OPEN,
}
# The oids of these types are fixed in PostgreSQL.
OIDS: Final[Mapping[str, int]] = {
    **{kind.sent: kind.oids[0] for kind in KINDS},
    **{f"{kind.sent}[]": kind.oids[1] for kind in KINDS if kind.sent and kind.name != "json"},
    "text[]": 1009,
    OPEN: 0,
    "json": 114,
}


def sent_type(kind: str, name: str, statement: Variant) -> str:
    """Return the type of one parameter. `statement` is the block with all its optional lines.

    A type that only PostgreSQL knows is inferred, like that of a text. A JSON document is sent as `jsonb`, or as `json`
    if it is an argument of a function for `json`. So `json_to_recordset(:rows)` calls PostgreSQL's own function, even
    if another schema has a function of that name.
    """
    return "json" if kind == "json" and name in set(_taken_as_json(statement)) else TYPES.get(kind, OPEN)


def _taken_as_json(statement: Variant) -> Iterator[str]:
    """Yield the parameters that are an argument of a function `json_...`, or are cast to `json`."""
    functions = [""]
    code = [token for token in statement.tokens if token.kind is not Kind.COMMENT]
    for before, token in pairwise([None, *code]):
        if token is None:
            continue
        if token.text == "(":
            functions.append(before.text.strip('"').lower() if before and _is_name(before) else "")
        elif token.text == ")":
            functions = functions[:-1] or [""]
        elif token.kind is Kind.PARAMETER and functions[-1].startswith("json_"):
            yield token.text[1:]
    for at, token in enumerate(code[:-2]):
        behind = [each.text.lower() for each in code[at + 1 : at + 4]]
        if token.kind is Kind.PARAMETER and (behind[:2] == ["::", "json"] or behind == ["as", "json", ")"]):
            yield token.text[1:]


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.NAME)
