"""Find the source of each `:name` of a statement, and refuse a name that has no source or several.

A source is an argument, a field of a model argument, a PATCH field, the JSON of a list of models, or one of the derived
kinds: `:now`, `:<p>_fold`, `:<p>_grams`, `:<p>_words`, `:<p>_is_set`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from hangar_dal.database.types import ValueType, field_types, kind_of
from hangar_dal.query.signature import Signature
from hangar_dal.rules import Problem
from hangar_dal.sqlblock import Condition, Line

Values = Mapping[str, Any]

_DERIVED: Final = {"now": "instant", "fold": "text", "grams": "list:text", "words": "list:text", "is_set": "bool"}
_MARKERS: Final = {"fold": "CaseInsensitive", "grams": "Searchable", "words": "SearchableWords"}


class ParameterSource(NamedTuple):
    """The source of one parameter: an argument, a field of a model argument, a PATCH field, or a derived value."""

    name: str
    argument: str
    value: ValueType | None = None  # None for a list of models, `:now` and `:<p>_is_set`
    field: str | None = None
    is_change: bool = False
    derived: str = ""  # "", "now", "fold", "grams", "words" or "is_set"
    rows_optional: bool = False  # whether a list of models may be None

    @property
    def kind(self) -> str:
        """The kind of the value that is sent to the database."""
        if self.derived:
            return _DERIVED[self.derived]
        return "json" if self.value is None else kind_of(self.value)

    @property
    def optional(self) -> bool:
        """Whether the type of the source allows None."""
        return self.rows_optional if self.value is None else self.value.optional

    def raw(self, values: Values) -> Any:
        """Return the Python value before it is encoded; None for a PATCH field that the call leaves out.

        The CASE of the statement does not read that None.
        """
        if self.is_change:
            return values.get(self.argument)
        given = values[self.argument]
        return given if self.field is None or given is None else getattr(given, self.field)


class Unresolved(Exception):
    """Raised if `:name` has no source or several, or its value cannot be sent. Says what to write instead."""

    def __init__(self, message: str, fix: str = "") -> None:
        self.problem = Problem(message, fix)
        super().__init__(str(self.problem))


def resolve(name: str, line: Line, signature: Signature) -> ParameterSource:
    """Return the only source of `:name` on this line. Raises `Unresolved` if there is none or if there are several."""
    found = list(_candidates(name, line, signature))
    if len(found) > 1:
        givers = " and ".join(sorted({_described(source) for source in found}))
        raise Unresolved(f":{name} could come from {givers}", "rename one of them")
    if not found:
        raise Unresolved(*_nothing_gives(name, signature))
    return found[0]


def is_given(name: str, line: Line, signature: Signature) -> bool:
    """Return whether the signature has at least one source of `:name` on this line."""
    return next(_candidates(name, line, signature), None) is not None


def _candidates(name: str, line: Line, signature: Signature) -> Iterator[ParameterSource]:
    plain = list(_plain(name, line, signature))
    yield from plain
    if name == "now" and not plain:
        yield ParameterSource(name, name, derived="now")
    text, _, kind = name.rpartition("_")
    for base in _plain(text, line, signature):
        if base.value and base.value.derives(kind):
            yield ParameterSource(name, base.argument, base.value, base.field, base.is_change, kind)
    if name.endswith("_is_set") and name.removesuffix("_is_set") in signature.changes:
        yield ParameterSource(name, name.removesuffix("_is_set"), derived="is_set")


def _plain(name: str, line: Line, signature: Signature) -> Iterator[ParameterSource]:
    for argument in signature.arguments.values():
        if argument.model is None or argument.rows:
            if argument.name == name:
                yield ParameterSource(name, name, argument.value, rows_optional=argument.rows and argument.optional)
        elif not argument.optional or Condition(argument.name) in line.conditions:
            value = field_types(argument.model, signature.dialects).get(name)
            if isinstance(value, ValueType):
                yield ParameterSource(name, argument.name, value, name)
    if name in signature.changes:
        yield ParameterSource(name, name, signature.changes[name], is_change=True)


def _described(source: ParameterSource) -> str:
    if source.derived:
        return f"`{source.derived}` of {source.field or source.argument}"
    if source.field:
        return f"the field {source.field} of {source.argument}"
    return f"the {'change' if source.is_change else 'argument'} {source.argument}"


def _nothing_gives(name: str, signature: Signature) -> Problem:
    for argument in signature.arguments.values():
        if argument.model is None or argument.rows:
            continue
        value = field_types(argument.model, signature.dialects).get(name)
        if isinstance(value, Problem):
            return value.of(f":{name}")
        if value is not None:
            message = f":{name} is a field of {argument.name}, which may be None"
            return Problem(message, f"mark its line `-- when {argument.name}`")
    base, _, kind = name.rpartition("_")
    if kind in _MARKERS:
        return Problem(f":{name} has no source", f"annotate `{base}` as Annotated[str, {_MARKERS[kind]}]")
    return Problem(f"no argument supplies :{name}", "correct the name, or declare the argument")
