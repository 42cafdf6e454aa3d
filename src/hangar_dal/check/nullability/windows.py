"""Window functions that are never NULL: each row's own value is in the frame that is looked at."""

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from hangar_dal.check.nullability.on_sqlite import bits_of
from hangar_dal.check.nullability.scope import Scope
from hangar_dal.check.nullability.type_classes import RANKING, class_of

Certain = Callable[..., bool]

_OF_FRAME: Final = (exp.FirstValue, exp.LastValue, exp.Max, exp.Min)
_ADDING: Final = (exp.Avg, exp.Sum)
_STARTS: Final = ("UNBOUNDED PRECEDING", "CURRENT ROW")
_ENDS: Final = ("UNBOUNDED FOLLOWING", "CURRENT ROW")


def is_certain_window(window: exp.Window, scope: Scope, certain: Certain) -> bool:
    """Whether the function over this window is never NULL; `certain` says so of what it is given."""
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


def is_number(value: exp.Expr, scope: Scope) -> bool:
    """Whether sums of it are never NULL: on SQLite, infinity less infinity is."""
    if scope.dialect == "sqlite":
        return bits_of(value, scope) is not None
    return class_of(value, scope) == "number"


def has_own_row(window: exp.Window) -> bool:
    """Whether the frame of each row has that row in it."""
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
    """The frame, perhaps of a window that is named; True where there is none; None if the name is not found."""
    if spec := window.args.get("spec"):
        return spec if isinstance(spec, exp.WindowSpec) else None
    name = window.args.get("alias")
    if name is None:
        return True
    select = window.parent_select
    named = [each for each in (select.args.get("windows") or () if select else ()) if each.this == name]
    return _frame(named[0]) if len(named) == 1 and named[0] is not window else None


def _edge(spec: exp.WindowSpec, key: str) -> str:
    """`UNBOUNDED PRECEDING`, `CURRENT ROW` or, for any number of rows, `n PRECEDING`."""
    edge, side = spec.args.get(key), spec.args.get(f"{key}_side")
    if isinstance(edge, exp.Literal):
        return f"n {side}" if edge.is_int else "?"
    return f"{edge} {side}".removesuffix(" None").upper() if isinstance(edge, str) else "" if edge is None else "?"
