"""Ranges and multiranges of PostgreSQL as values that can be compared, hashed, and declared as fields.

A range of `int` or `date` is kept as PostgreSQL keeps it: with its lower bound and without its upper one.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import cmp_to_key, partial
from typing import Any, Final, Generic, Literal, Self, TypeVar, get_args

from pydantic import GetCoreSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

T = TypeVar("T")
Bounds = Literal["[)", "(]", "[]", "()"]
_BOUNDS: Final = frozenset(get_args(Bounds))
_BOUND: Final = r'("(?:[^"\\]|\\.|"")*"|[^",\[\]()]*)'
_RANGE: Final = re.compile(rf"([\[(]){_BOUND},{_BOUND}([\])])")
_ESCAPED: Final = re.compile(r'[\\"](.)')


class Range(Generic[T]):
    """The values from `lower` to `upper`. A bound that is None is infinite. A range cannot be changed.

    `bounds` says whether the bounds belong to the range, as PostgreSQL writes it: `[` and `]` if they do. By default,
    the lower one does. `Range.empty()` has no values.
    """

    __slots__ = ("bounds", "is_empty", "lower", "upper")

    lower: T | None
    upper: T | None
    bounds: Bounds
    is_empty: bool

    def __init__(
        self, lower: T | None = None, upper: T | None = None, bounds: Bounds = "[)", *, is_empty: bool = False
    ) -> None:
        """Bring the range into the form in which PostgreSQL returns it, so that equal ranges are equal."""
        if bounds not in _BOUNDS:
            raise ValueError(f"the bounds of a range are one of {', '.join(sorted(_BOUNDS))}")
        least: Any = lower
        most: Any = upper
        if least is not None and most is not None and least > most:
            raise ValueError("the lower bound of a range must not be above its upper bound")
        starts = "[" if bounds[0] == "[" and least is not None else "("
        ends = "]" if bounds[1] == "]" and most is not None else ")"
        if _is_discrete(least) and starts == "(":
            least, starts = _next(least), "["
        if _is_discrete(most) and ends == "]":
            most, ends = _next(most), ")"
        if least is not None and most is not None:
            is_empty = is_empty or least > most or (least == most and starts + ends != "[]")
        kept = (None, None, "()") if is_empty else (least, most, starts + ends)
        for name, value in zip(("lower", "upper", "bounds", "is_empty"), (*kept, is_empty), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse the change: a range is a value, like a date."""
        raise AttributeError(f"a Range cannot be changed: {name}")

    def __reduce__(self) -> Any:
        """Return what pickle and copy make an equal range from."""
        return partial(Range, is_empty=self.is_empty), (self.lower, self.upper, self.bounds)

    def __eq__(self, other: object) -> bool:
        """Return whether the other one is a range of the same values."""
        return isinstance(other, Range) and self._values() == other._values()

    def __hash__(self) -> int:
        """Return the same for equal ranges."""
        return hash(self._values())

    def __repr__(self) -> str:
        """Return the call that makes an equal range."""
        return "Range.empty()" if self.is_empty else f"Range({self.lower!r}, {self.upper!r}, {self.bounds!r})"

    def _values(self) -> tuple[Any, ...]:
        return self.lower, self.upper, self.bounds, self.is_empty

    @classmethod
    def empty(cls) -> Self:
        """Return the range without values."""
        return cls(is_empty=True)

    def __contains__(self, value: T) -> bool:
        """Return whether the value lies in the range."""
        if self.is_empty:
            return False
        given: Any = value
        if self.lower is not None and not (given >= self.lower if self.bounds[0] == "[" else given > self.lower):
            return False
        return self.upper is None or bool(given <= self.upper if self.bounds[1] == "]" else given < self.upper)

    def __bool__(self) -> bool:
        """Return whether the range has values."""
        return not self.is_empty

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Accept a range whose bounds have the type that the annotation names."""
        arguments = get_args(source)
        bound = handler.generate_schema(arguments[0] | None) if arguments else core_schema.any_schema()
        validate = core_schema.tuple_schema([bound, bound])

        def check(given: Any, of_bounds: Callable[[Any], Any]) -> "Range[Any]":
            if not isinstance(given, Range):
                raise PydanticCustomError("hangar_range", "Input should be a Range")
            lower, upper = of_bounds((given.lower, given.upper))
            return given if given.is_empty else Range(lower, upper, given.bounds)

        return core_schema.no_info_wrap_validator_function(check, validate)


def _is_discrete(value: Any) -> bool:
    return type(value) in (int, date)


def _next(value: Any) -> Any:
    return value + 1 if type(value) is int else value + timedelta(days=1)


class Multirange(tuple[Range[T], ...], Generic[T]):
    """Ranges that do not meet, in order: what PostgreSQL makes of the ranges that are given."""

    __slots__ = ()

    def __new__(cls, ranges: Iterable[Range[T]] = ()) -> Self:
        """Join the ranges that overlap or meet, and leave out those without values."""
        joined: list[Range[Any]] = []
        for each in sorted((given for given in ranges if given), key=cmp_to_key(_order)):
            if joined and _meet(joined[-1], each):
                joined[-1] = _joined(joined[-1], each)
            else:
                joined.append(each)
        return super().__new__(cls, joined)

    def __repr__(self) -> str:
        """Return the call that makes an equal multirange."""
        return f"Multirange({list(self)!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Accept a multirange whose bounds have the type that the annotation names."""
        arguments = get_args(source)
        each = handler.generate_schema(Range[arguments[0]] if arguments else Range)  # type: ignore[valid-type]

        def check(given: Any, of_ranges: Callable[[Any], Any]) -> "Multirange[Any]":
            if not isinstance(given, Multirange):
                raise PydanticCustomError("hangar_range", "Input should be a Multirange")
            return Multirange(of_ranges(list(given)))

        return core_schema.no_info_wrap_validator_function(check, core_schema.list_schema(each))


def _order(one: Range[Any], other: Range[Any]) -> int:
    """Compare the lower bounds. An infinite one is below all others."""
    if one.lower is None or other.lower is None:
        return (one.lower is not None) - (other.lower is not None)
    if one.lower != other.lower:
        return -1 if one.lower < other.lower else 1
    return (one.bounds[0] == "(") - (other.bounds[0] == "(")


def _meet(one: Range[Any], other: Range[Any]) -> bool:
    """Return whether the second range, which starts later, leaves no gap after the first one."""
    if one.upper is None or other.lower is None or other.lower < one.upper:
        return True
    return bool(other.lower == one.upper) and (one.bounds[1] == "]" or other.bounds[0] == "[")


def _joined(one: Range[Any], other: Range[Any]) -> Range[Any]:
    if one.upper is None or (other.upper is not None and other.upper < one.upper):
        return one
    last = other
    if one.upper == other.upper and one.bounds[1] == "]":
        last = one
    return Range(one.lower, last.upper, one.bounds[0] + last.bounds[1])  # type: ignore[arg-type]  # two characters


def range_text(value: Range[Any], of_bound: Callable[[Any], str]) -> str:
    """Return a range in PostgreSQL's text format. `of_bound` returns that of a bound."""
    if value.is_empty:
        return "empty"
    lower, upper = ("" if each is None else _quoted(of_bound(each)) for each in (value.lower, value.upper))
    return f"{value.bounds[0]}{lower},{upper}{value.bounds[1]}"


def parse_range(text: str, of_bound: Callable[[str], T]) -> Range[T]:
    """Read a range in PostgreSQL's text format. `of_bound` reads a bound. Raises `ValueError` for other text."""
    if text == "empty":
        return Range.empty()
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError("not a range")
    lower, upper = (None if each == "" else of_bound(_unquoted(each)) for each in found.group(2, 3))
    bounds: Any = found[1] + found[4]
    return Range(lower, upper, bounds)


def parse_multirange(text: str, of_bound: Callable[[str], T]) -> Multirange[T]:
    """Read a multirange in PostgreSQL's text format. Raises `ValueError` for other text."""
    return Multirange(parse_range(each[0], of_bound) for each in _RANGE.finditer(text))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    return _ESCAPED.sub(r"\1", text[1:-1]) if text.startswith('"') else text
