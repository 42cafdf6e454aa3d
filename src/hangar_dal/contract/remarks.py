"""Faults that rules find in the parsed statement, and their places in its text. Builds on `syntax`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.contract.model import Tables
from hangar_dal.contract.reading import Notice
from hangar_dal.contract.syntax import nodes_of, place_in
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


Finder = Callable[[Sequence[exp.Expr], Dialect, Tables], Iterator[Remark]]  # gets all nodes, the root first


def notices(text: str, dialect: Dialect, tables: Tables, finders: Iterable[Finder]) -> tuple[Notice, ...]:
    """Return the notices of all finders about the statement; () if the parser does not understand it."""
    nodes = nodes_of(text, dialect)
    if not nodes:
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
        for remark in find(nodes, dialect, tables)
    )
    return tuple(dict.fromkeys(found))
