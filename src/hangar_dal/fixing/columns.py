"""Put the result columns of a statement in the order of the model's fields."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.result_columns import COLUMN_DUPLICATE, COLUMN_EXTRA, COLUMN_MISSING, COLUMN_ORDER
from hangar_dal.fixing.layout import Item, NotMovable, read_list
from hangar_dal.fixing.lists import Found, result_list
from hangar_dal.fixing.sources import NoSource, Sources
from hangar_dal.fixing.statements import EditedStatement
from hangar_dal.rules import Rule

OPTIONAL_LINES: Final = "one of its lines has a `-- when`"


class LeftAlone(Exception):
    """Raised for a list that cannot be changed: the rule of `check` that reports it, the message and the fix."""

    def __init__(self, rule: Rule, message: str, fix: str, at: int) -> None:
        super().__init__(message)
        self.rule = rule
        self.fix = fix
        self.at = at  # an offset in the statement


def with_columns(statement: EditedStatement, owner: str, fields: Sequence[str], tables: Tables) -> str:
    """Return the statement with its list in the order of the model. Raises `LeftAlone` if the list cannot be changed.

    `owner` is the name of the model. Missing columns are added; plain columns that are not fields are removed.
    """
    found = result_list(statement.root, len(statement.text), statement.dialect)
    if found is None or found.names == list(fields):
        return statement.text
    at = found.entries[0].start
    names = set(found.names)
    rule = COLUMN_MISSING if set(fields) - names else COLUMN_EXTRA if names - set(fields) else COLUMN_ORDER
    obstacle = OPTIONAL_LINES if statement.has_optional_lines(found.start, found.end - 1) else found.obstacle
    if obstacle:
        raise LeftAlone(rule, f"the list is not changed: {obstacle}", f"write it in the order of {owner}", at)
    _check_names(found, owner, fields, statement.text)
    try:
        listed = read_list(
            statement.text,
            statement.dialect,
            (found.start, found.end),
            found.spans,
            newline=statement.newline,
            is_alone=statement.root.word(statement.root.verb or 0) == "SELECT",
        )
        items = dict(zip(found.names, listed.items, strict=True))
        sources = Sources(statement.text, statement.dialect, tables) if set(fields) - names else None
        for name in fields:
            if sources is not None and name not in items:
                items[name] = Item(sources.column(name, owner, found.entries))
        return listed.written([items[name] for name in fields])
    except NoSource as reason:
        raise LeftAlone(COLUMN_MISSING, str(reason), reason.fix, at) from None
    except NotMovable as reason:
        raise LeftAlone(rule, f"the list is not changed: {reason}", f"write it in the order of {owner}", at) from None


def _check_names(found: Found, owner: str, fields: Sequence[str], text: str) -> None:
    """Raise `LeftAlone` for duplicate names, and for expressions that are not fields of the model."""
    for name, count in Counter(found.names).items():
        if name and count > 1:
            message, fix = f"{count} columns are called {name}", "delete one, or rename it with AS"
            raise LeftAlone(COLUMN_DUPLICATE, message, fix, found.entries[found.names.index(name)].start)
    for entry in found.entries:
        if entry.name in fields or entry.is_plain:
            continue
        start = " ".join(text[entry.start : entry.end].split())
        shown = start if len(start) <= 40 else f"{start[:37]}..."
        what = f"{entry.name} is not a field of {owner}" if entry.name else "it has no name"
        fix = "give it the name of its field with AS, or delete it"
        raise LeftAlone(COLUMN_EXTRA, f"`{shown}` is not changed: {what}", fix, entry.start)
