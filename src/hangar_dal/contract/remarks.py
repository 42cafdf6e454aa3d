"""What a rule notices in the parsed statement, and its place in the statement's text. Builds on `syntax`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from sqlglot import exp

from hangar_dal.contract.model import Tables
from hangar_dal.contract.reading import Notice
from hangar_dal.contract.syntax import nodes_of, place_in
from hangar_dal.rules import Rule
from hangar_dal.sqlscan import Dialect


class Remark(NamedTuple):
    """What is wrong with a node of the tree, and what to write instead. `always` and `column`: see `Notice`."""

    rule: Rule
    node: exp.Expr
    message: str
    fix: str
    always: bool = False
    column: str = ""


Finder = Callable[[Sequence[exp.Expr], Dialect, Tables], Iterator[Remark]]  # of every node, the root first


def notices(text: str, dialect: Dialect, tables: Tables, finders: Iterable[Finder]) -> tuple[Notice, ...]:
    """What each finder says of the statement; nothing if it is not understood."""
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
