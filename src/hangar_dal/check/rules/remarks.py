"""Faults that rules find in the parsed statement, and their places in its text."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import Binding, bind
from hangar_dal.check.sql.parse import place_in
from hangar_dal.check.statement_info import Notice
from hangar_dal.rules import Rule
from hangar_dal.sqlscan import Dialect


class Remark(NamedTuple):
    """A fault at a node of the tree, and the fix. `always` and `column` have the same meaning as in `Notice`."""

    rule: Rule
    node: exp.Expr
    message: str
    fix: str
    always: bool = False
    column: str = ""


Finder = Callable[[Binding], Iterator[Remark]]


def notices(text: str, dialect: Dialect, tables: Tables, finders: Iterable[Finder]) -> tuple[Notice, ...]:
    """Return the notices of all finders about the statement; () if the parser does not understand it."""
    binding = bind(text, dialect, tables)
    if binding is None:
        return ()
    found = (
        Notice(
            remark.rule.id,
            place_in(remark.node, text, dialect),
            remark.message,
            remark.fix,
            remark.always,
            remark.column,
        )
        for find in finders
        for remark in find(binding)
    )
    return tuple(dict.fromkeys(found))
