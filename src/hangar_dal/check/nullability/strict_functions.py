"""The functions that are NULL only if an argument is NULL, on both databases or on one of them.

Left out is what is NULL for other reasons as well: on PostgreSQL `substring(x FROM pattern)`, on SQLite `date(x)` of a
text that is no date, `substr(x)` of an empty blob, and `floor(x)` of a text.
"""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.on_sqlite import storage_of
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.nullability.type_classes import class_of

_OF_TEXT: Final = (exp.Left, exp.Lower, exp.Replace, exp.Right, exp.StrPosition, exp.Trim, exp.Upper)
_OF_NUMBERS: Final = (exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sign)
_OF_EACH_KIND_ON_SQLITE: Final = (
    exp.Abs, exp.Hex, exp.Length, exp.Lower, exp.Neg, exp.Replace, exp.Round, exp.StrPosition, exp.Trim, exp.Upper,
)  # fmt: skip
_OF_NUMBERS_ON_SQLITE: Final = (exp.Ceil, exp.Floor, exp.Sign)


def is_certain_function(value: exp.Expr, scope: NullScope, certain: Callable[..., bool]) -> bool:
    """Return whether this is such a function, and its arguments are never NULL."""
    arguments = [*value.iter_expressions()]
    if not certain(*arguments):
        return False
    if scope.dialect == "sqlite":
        if isinstance(value, exp.Substring):
            return storage_of(value.this, scope) != ""
        return isinstance(value, _OF_EACH_KIND_ON_SQLITE) or (
            isinstance(value, _OF_NUMBERS_ON_SQLITE) and storage_of(value.this, scope) == "number"
        )
    classes = [class_of(argument, scope) for argument in arguments]
    match value:
        case exp.Length():
            return classes == ["plain"]
        case exp.Date():
            return classes == ["plain"]
        case exp.Substring():
            return classes[0] == "plain" and {*classes[1:]} == {"number"}
    if isinstance(value, _OF_TEXT):
        return classes[0] == "plain" and None not in classes
    return isinstance(value, _OF_NUMBERS) and {*classes} == {"number"}
