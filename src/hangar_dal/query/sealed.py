"""List the sealed values in the signature of a query."""

from collections.abc import Iterator

from pydantic import BaseModel

from hangar_dal.database.types import Dialects, ValueType, field_types, inner_model
from hangar_dal.query.signature import Signature
from hangar_dal.sealing import Sealed

Seal = tuple[str, Sealed]  # the name of the value, and its `Sealed` annotation


def sealed_values(signature: Signature) -> Iterator[Seal]:
    """Yield the name and the annotation of each sealed value in the arguments and the result, also in nested models."""
    arguments = signature.arguments.values()
    values = {argument.name: argument.value for argument in arguments}
    for name, value in {**values, **signature.changes, "the result": signature.result.value}.items():
        if value is not None:
            yield from _of_value(name, value, signature.dialects)
    for model in (*(argument.model for argument in arguments), signature.result.model):
        if model is not None:
            yield from _of_model(model, signature.dialects)


def _of_value(
    name: str, value: ValueType, dialects: Dialects, outer: tuple[type[BaseModel], ...] = ()
) -> Iterator[Seal]:
    if value.sealed is not None:
        yield name, value.sealed
    elif (inner := inner_model(value)) is not None and inner not in outer:
        yield from _of_model(inner, dialects, outer)


def _of_model(model: type[BaseModel], dialects: Dialects, outer: tuple[type[BaseModel], ...] = ()) -> Iterator[Seal]:
    for name, value in field_types(model, dialects).items():
        if isinstance(value, ValueType):
            yield from _of_value(f"{model.__name__}.{name}", value, dialects, (*outer, model))
