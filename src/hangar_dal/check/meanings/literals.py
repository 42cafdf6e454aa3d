"""Find quoted texts that PostgreSQL converts to the type of what is beside them, and SQLite takes as they are.

Comparisons are in `types`.
"""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.sql.column_uses import uses_in
from hangar_dal.check.sql.parse import of_type
from hangar_dal.check.sql.value_kinds import Kinds
from hangar_dal.check.storage_types import has_other_form

_COMPARED: Final = (exp.Predicate, exp.In, exp.Between)
_NUMBERS: Final = frozenset({"int", "numeric", "float"})


def in_literals(kinds: Kinds) -> Iterator[exp.Literal]:
    """Yield each text that another value beside it, or the column that it is written to, gives another form."""
    uses = ((use, value) for use, value in uses_in(kinds.binding) if use.written and use.text is not None)
    written = {id(value): kinds.tables.columns[use.table][use.column].kind for use, value in uses}
    for literal in of_type(kinds.binding.nodes, exp.Literal):
        if literal.is_string and not isinstance(literal.parent, _COMPARED):
            column, kind = written.get(id(literal)), _kind_beside(literal, kinds)
            if column is not None:
                if has_other_form(column, literal.name):
                    yield literal
            elif has_other_form(kind, literal.name) or kind == "bool" or kind in _NUMBERS:
                yield literal


def _kind_beside(literal: exp.Literal, kinds: Kinds) -> str:
    """Return the kind of the CASE, coalesce() or UNION that the literal is a value of; "" if it is of none."""
    node: exp.Expr = literal
    while (parent := node.parent) is not None:
        is_branch = isinstance(parent, exp.If) and node.arg_key == "true" and isinstance(parent.parent, exp.Case)
        is_default = isinstance(parent, exp.Case) and node.arg_key == "default"
        if isinstance(parent, exp.If) and node.arg_key == "this" and isinstance(parent.parent, exp.Case):
            return kinds.of(parent.parent.this).name if parent.parent.this is not None else ""
        if not (is_branch or is_default or isinstance(parent, exp.Coalesce | exp.Paren | exp.Nullif | exp.Alias)):
            break
        node = parent.parent if is_branch and parent.parent is not None else parent
    beside = kinds.of(node).name if node is not literal else ""
    return beside if beside not in ("", "text") else _kind_in_union(node, kinds)


def _kind_in_union(value: exp.Expr, kinds: Kinds) -> str:
    """Return the kind that another query of a UNION selects at the same position; "" if there is none."""
    select = value.parent
    if not isinstance(select, exp.Select) or value.arg_key != "expressions" or select.parent is None:
        return ""
    union, place = select.parent, next(at for at, each in enumerate(select.expressions) if each is value)
    others = [union.this, union.expression] if isinstance(union, exp.SetOperation) else []
    selected = [each.selects[place] for each in others if isinstance(each, exp.Select) and len(each.selects) > place]
    found = {kinds.of(each).name for each in selected} - {"text", ""}
    return found.pop() if len(found) == 1 else ""
