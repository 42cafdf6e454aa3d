"""Read the signature of a declared query: its arguments, its PATCH fields and the shape of its result.

Does not read SQL.
"""

import inspect
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from types import NoneType
from typing import Any, Final, Literal, NamedTuple, NewType, get_args, get_origin, get_type_hints

import typing_extensions
from pydantic import BaseModel
from typing_extensions import is_typeddict

from hangar_dal.database import Transaction
from hangar_dal.database.marked_checks import is_composite
from hangar_dal.database.refused_types import UnsupportedType
from hangar_dal.database.types import (
    COLLECTIONS,
    Dialects,
    ValueType,
    field_types,
    inner_model,
    value_type,
)
from hangar_dal.query.row_classes import row_class
from hangar_dal.query.stream import Stream
from hangar_dal.rules import Problem, Rule
from hangar_dal.sqlscan import DIALECTS

SIGNATURE: Final = Rule(
    "signature",
    "error",
    "A query declares the type of each argument and of its result.",
    """\
A function cannot be a query in these cases:

- The first parameter is not the database. Write `db: Executor`.
- A parameter or the result has no annotation, or a type that one database cannot hold, such as plain `Decimal`.
- It has a parameter `*args`.
- It is a method of a class.
- It is declared with `def` but returns no stream, or it returns a stream but is declared with `async def`.
- A model contains itself.

The finding says what to write.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id) -> Item | None: ...
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
""",
)

RowCount = NewType("RowCount", int)
"""The return type of a query that returns the number of rows it changed."""

# Up to Python 3.12, `typing` and `typing_extensions` each have their own objects for these.
_UNPACKS: Final = (typing.Unpack, typing_extensions.Unpack)
_ITEM_MARKS: Final = (typing.NotRequired, typing_extensions.NotRequired, typing_extensions.ReadOnly)

Shape = Literal["one", "optional", "list", "stream", "count", "none"]


class Argument(NamedTuple):
    """One parameter of the function: a value, a model whose fields are parameters, or a list of models (`rows`)."""

    name: str
    required: bool
    default: Any = None
    value: ValueType | None = None
    model: type[BaseModel] | None = None
    rows: bool = False
    optional: bool = False


class Result(NamedTuple):
    """The result of a query: `model` is set if rows become models, and `value` if they have a single column."""

    shape: Shape
    annotation: Any = None
    model: type[BaseModel] | None = None
    value: ValueType | None = None


class Signature:
    """The parameters and the result of a function, and what is wrong with them."""

    def __init__(self, dialects: Dialects = DIALECTS) -> None:
        self.arguments: dict[str, Argument] = {}
        self.changes: dict[str, ValueType] = {}
        self.result = Result("none")
        self.findings: list[Problem] = []
        self.in_transaction = False  # the first parameter of the function is a Transaction
        self.dialects = dialects


def read_signature(function: Callable[..., Any], dialects: Dialects = DIALECTS) -> Signature:
    """Return the signature of a function in a catalog for these dialects. Its `findings` hold its faults."""
    signature = Signature(dialects)
    try:
        hints = get_type_hints(function, include_extras=True)
    except Exception as fault:  # an annotation may fail in any way
        name = getattr(fault, "name", None) or str(fault)
        fix = "import it at run time, not under TYPE_CHECKING"
        signature.findings.append(Problem(f"the annotation {name} cannot be resolved", fix))
        return signature
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name in ("self", "cls") and parameters[0].name not in hints:
        signature.findings.append(
            Problem("a query is a function of a module, not a method", "move it out of its class")
        )
        return signature
    if not parameters or parameters[0].kind not in (parameters[0].POSITIONAL_ONLY, parameters[0].POSITIONAL_OR_KEYWORD):
        signature.findings.append(Problem("the first parameter is not the database", "write `db: Executor` first"))
        return signature
    if (given := hints.get(parameters[0].name)) is not None and _is_value(given):
        kind = getattr(given, "__name__", None) or str(given)
        message = f"the first parameter, {parameters[0].name}, is {kind} and not the database"
        signature.findings.append(Problem(message, "write `db: Executor` before it"))
        return signature
    signature.in_transaction = given is Transaction
    for parameter in parameters[1:]:
        hint = hints.get(parameter.name)
        if hint is None:
            signature.findings.append(Problem(f"the parameter {parameter.name} has no annotation", "declare its type"))
        elif parameter.kind is parameter.VAR_KEYWORD:
            _read_changes(signature, parameter.name, hint)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            signature.findings.append(Problem(f"*{parameter.name} has no names for SQL", "declare each parameter"))
        else:
            _read_argument(signature, parameter, hint)
    if "return" not in hints:
        signature.findings.append(Problem("the return annotation is missing", "declare what the query returns"))
    else:
        read_result(signature, hints["return"])
    return signature


def _is_value(hint: Any) -> bool:
    """Return whether this is the type of an SQL value, so that the parameter cannot be the database.

    Other types are accepted, because an application may wrap the database in a class.
    """
    try:
        value_type(hint)
    except UnsupportedType:
        return False
    return True


def _read_argument(signature: Signature, parameter: inspect.Parameter, hint: Any) -> None:
    required = parameter.default is parameter.empty
    try:
        value = value_type(hint, signature.dialects)
    except UnsupportedType as refused:
        signature.findings.append(refused.problem.of(parameter.name))
        return
    model = value.python if value.kind in ("model", "models") else None
    signature.arguments[parameter.name] = Argument(
        parameter.name,
        required,
        None if required else parameter.default,
        None if model else value,
        model,
        value.kind == "models",
        value.optional,
    )


def _read_changes(signature: Signature, name: str, hint: Any) -> None:
    fields = get_args(hint)[0] if get_origin(hint) in _UNPACKS else hint
    if not is_typeddict(fields) or fields.__required_keys__:
        signature.findings.append(
            Problem(f"**{name} has no names and types", "write `Unpack[…]` of a TypedDict with total=False")
        )
        return
    for key, hint_of_key in get_type_hints(fields, include_extras=True).items():
        annotation = get_args(hint_of_key)[0] if get_origin(hint_of_key) in _ITEM_MARKS else hint_of_key
        try:
            signature.changes[key] = value_type(annotation, signature.dialects)
        except UnsupportedType as refused:
            signature.findings.append(refused.problem.of(key))


def read_result(signature: Signature, hint: Any) -> None:
    """Read what a query returns into its signature, and the reasons why it cannot."""
    try:
        signature.result = _result(hint, signature.dialects)
    except UnsupportedType as refused:
        signature.findings.append(refused.problem.of("the return annotation"))
        return
    if model := signature.result.model:
        signature.findings.extend(_model_findings(model, signature.dialects))


def _result(hint: Any, dialects: Dialects) -> Result:
    if hint is None or hint is NoneType:
        return Result("none")
    if hint is RowCount:
        return Result("count")
    if get_origin(hint) is Stream:
        return _rows("stream", get_args(hint)[0], dialects)
    if get_origin(hint) is list and not _is_json(hint, dialects):
        return _rows("list", get_args(hint)[0], dialects)
    if get_origin(hint) in COLLECTIONS:
        raise UnsupportedType("a query returns its rows as a list", "write `list[...]`")
    if (found := row_class(hint)) is not None:
        return Result("optional" if found.optional else "one", found.annotation, found.model)
    return _rows("optional" if value_type(hint, dialects).optional else "one", hint, dialects)


def _rows(shape: Shape, hint: Any, dialects: Dialects) -> Result:
    if (found := row_class(hint)) is not None:
        if found.optional:
            raise UnsupportedType(f"a row of a {shape} is never None", f"write {found.model.__name__} without None")
        return Result(shape, found.annotation, found.model)
    value = value_type(hint, dialects)
    if value.kind == "model":
        return Result(shape, value.python, value.python)
    return Result(shape, hint, value=value)


def _is_json(hint: Any, dialects: Dialects) -> bool:
    return row_class(get_args(hint)[0]) is None and value_type(hint, dialects).kind == "json"


def _model_findings(
    model: type[BaseModel], dialects: Dialects, outer: tuple[type[BaseModel], ...] = ()
) -> Iterator[Problem]:
    """Yield the reasons why rows cannot become this model. Nested models are checked too."""
    if model in outer:
        fix = "use JsonObject for that field, since recursive models are not supported"
        yield Problem(f"{model.__name__} contains itself", fix)
        return
    before: dict[str, ValueType | Problem] = {}
    for name, value in field_types(model, dialects).items():
        if isinstance(value, Problem):
            yield value.of(f"{model.__name__}.{name}")
        elif value.sealed:
            for bound in value.sealed.bind:
                unfit = unfit_for_seal(bound, before[bound]) if bound in before else f"{bound} must come before it"
                if unfit:
                    yield Problem(f"{model.__name__}.{name} is sealed to {bound}", unfit)
        elif is_composite(value) and outer:
            message = f"{model.__name__}.{name}: a nested model is read from JSON, in which a composite value differs"
            yield Problem(message, "select it by itself")
        elif value.kind == "bytes" and outer and "sqlite" in dialects:
            message = f"{model.__name__}.{name}: a nested model is read from JSON, which has no bytes"
            yield Problem(message, "select it by itself")
        elif inner := inner_model(value):
            yield from _model_findings(inner, dialects, (*outer, model))
        before[name] = value


def unfit_for_seal(bound: str, value: ValueType | Problem | None) -> str | None:
    """Return why a value cannot be a bound value of a sealed one; None if it can.

    Both databases must return the value as the same text.
    """
    if isinstance(value, Problem):
        return str(value)
    if value is None or value.kind not in ("text", "uuid", "int") or value.sealed or value.optional:
        return f"{bound} must be text, an int or a UUID, and never None"
    return None


def choices(argument: Argument) -> tuple[str, ...]:
    """Return the values that `-- when argument = value` may name: those of a Literal or an Enum of text."""
    value = argument.value
    if value is None or value.kind != "text":
        return ()
    if value.python is not None and issubclass(value.python, Enum):
        return tuple(member.value for member in value.python)
    return value.allowed
