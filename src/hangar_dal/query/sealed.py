"""Whether a query reads or writes sealed values, as its signature says. Builds on `signature`."""

from collections.abc import Iterator

from pydantic import BaseModel

from hangar_dal.database.types import ValueType, field_types, inner_model
from hangar_dal.query.signature import Signature


def uses_sealed(signature: Signature) -> bool:
    """Whether a value of an argument or of the result is sealed, however deep it is nested in a model."""
    arguments = signature.arguments.values()
    values = [*signature.changes.values(), signature.result.value, *(argument.value for argument in arguments)]
    models = [signature.result.model, *(argument.model for argument in arguments)]
    models += [inner_model(value) for value in values if value]
    return any(value.sealed for value in values if value) or any(_holds_sealed(model, set()) for model in models)


def _holds_sealed(model: type[BaseModel] | None, outer: set[type[BaseModel]]) -> bool:
    if model is None or model in outer:
        return False
    return any(value.sealed or _holds_sealed(inner_model(value), {*outer, model}) for value in _values(model))


def _values(model: type[BaseModel]) -> Iterator[ValueType]:
    yield from (value for value in field_types(model).values() if isinstance(value, ValueType))
