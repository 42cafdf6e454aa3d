"""Find patterns of LIKE that end in the escape character, and an ESCAPE that SQLite refuses at run time."""

from collections.abc import Iterator
from typing import Final

from sqlglot import exp

from hangar_dal.check.rules.constant_conditions import CONDITION_CONSTANT
from hangar_dal.check.rules.remarks import Remark
from hangar_dal.check.sql.bind import Binding
from hangar_dal.check.sql.parse import of_type

_TESTS: Final = (exp.Like, exp.ILike)
_EFFECT: Final = "PostgreSQL raises an error for a text that matches up to there, and SQLite finds no row"


def like_patterns(binding: Binding) -> Iterator[Remark]:
    """Yield a remark for each quoted pattern that ends in its escape character, and for each ESCAPE of several."""
    for test in of_type(binding.nodes, *_TESTS):
        given = test.parent.expression if isinstance(test.parent, exp.Escape) else None
        if given is None:
            escape = "\\" if binding.dialect == "postgresql" else ""
        else:
            escape = given.name if isinstance(given, exp.Literal) else ""
            if isinstance(given, exp.Literal) and binding.dialect == "sqlite" and len(escape) != 1:
                message = "SQLite raises an error, because ESCAPE takes a single character"
                yield Remark(CONDITION_CONSTANT, given, message, "write ESCAPE '\\'")
                continue
        for end in _ends(test.expression):
            if escape and (len(end.name) - len(end.name.rstrip(escape))) % 2:
                message = f"the pattern ends in its escape character: {_EFFECT}"
                yield Remark(CONDITION_CONSTANT, end, message, f"write {escape * 2} to find the character itself")


def _ends(pattern: exp.Expr) -> Iterator[exp.Expr]:
    """Yield the quoted texts in which a pattern ends: one, or several in a list after ANY or ALL."""
    match pattern:
        case exp.Literal() | exp.ByteString():  # E'...' of PostgreSQL
            yield pattern
        case exp.Paren() | exp.Cast() | exp.Any() | exp.All():
            yield from _ends(pattern.this)
        case exp.DPipe():
            yield from _ends(pattern.expression)
        case exp.Array() | exp.Tuple():
            for item in pattern.expressions:
                yield from _ends(item)
