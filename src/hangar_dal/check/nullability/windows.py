"""Determine whether a window function is never NULL. Most are not if the frame always includes the current row."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.on_sqlite import bits_of
from hangar_dal.check.nullability.scope import NullScope
from hangar_dal.check.nullability.type_classes import RANKING, class_of

Certain = Callable[..., bool]

_OF_FRAME: Final = (exp.FirstValue, exp.LastValue, exp.Max, exp.Min)
_ADDING: Final = (exp.Avg, exp.Sum)
_STARTS: Final = ("UNBOUNDED PRECEDING", "CURRENT ROW")
_ENDS: Final = ("UNBOUNDED FOLLOWING", "CURRENT ROW")


def is_certain_window(window: exp.Window, scope: NullScope, certain: Certain) -> bool:
    """Return whether the window function is never NULL.

    `certain` returns whether all of its arguments are never NULL.
    """
    call = window.this
    counted = call.this if isinstance(call, exp.Filter) else call
    if isinstance(counted, (exp.Count, *RANKING)):
        return True
    match call:
        case exp.Ntile():
            return certain(call.this) and is_number(call.this, scope)
        case exp.Lag() | exp.Lead():
            step = call.args.get("offset")
            return isinstance(step, exp.Literal) and step.is_int and certain(call.this, call.args.get("default"))
    if not isinstance(call, _OF_FRAME + _ADDING) or call.expressions or not has_own_row(window):
        return False
    return certain(call.this) and (isinstance(call, _OF_FRAME) or is_number(call.this, scope))


def is_number(value: exp.Expr, scope: NullScope) -> bool:
    """Return whether a sum of such values is never NULL. On SQLite, infinity - infinity is NULL."""
    if scope.dialect == "sqlite":
        return bits_of(value, scope) is not None
    return class_of(value, scope) == "number"


def has_own_row(window: exp.Window) -> bool:
    """Return whether the frame of each row includes that row."""
    spec = _frame(window)
    if spec is None:
        return False
    if isinstance(spec, exp.WindowSpec):
        if spec.args.get("exclude"):
            return False
        start, end = _edge(spec, "start"), _edge(spec, "end") or "CURRENT ROW"
        counts = str(spec.args.get("kind")).upper() in ("ROWS", "GROUPS")
        return (start in _STARTS or (counts and start == "n PRECEDING")) and (
            end in _ENDS or (counts and end == "n FOLLOWING")
        )
    return True


def _frame(window: exp.Window) -> exp.WindowSpec | bool | None:
    """Return the frame of a window, which may be defined by a named window.

    Returns True if there is no frame clause, and None if the frame is not understood or the name is not found.
    """
    if spec := window.args.get("spec"):
        return spec if isinstance(spec, exp.WindowSpec) else None
    name = window.args.get("alias")
    if name is None:
        return True
    select = window.parent_select
    named = [each for each in (select.args.get("windows") or () if select else ()) if each.this == name]
    return _frame(named[0]) if len(named) == 1 and named[0] is not window else None


def _edge(spec: exp.WindowSpec, key: str) -> str:
    """Return a bound of a frame: "UNBOUNDED PRECEDING", "CURRENT ROW", or "n PRECEDING" for any number of rows.

    Returns "" if the bound is not given, and "?" if it is not a constant.
    """
    edge, side = spec.args.get(key), spec.args.get(f"{key}_side")
    if isinstance(edge, exp.Literal):
        return f"n {side}" if edge.is_int else "?"
    return f"{edge} {side}".removesuffix(" None").upper() if isinstance(edge, str) else "" if edge is None else "?"
