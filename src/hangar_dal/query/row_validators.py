"""Validate rows whose JSON is not yet parsed: Pydantic parses it, and accepts what it has parsed as `JsonValue`.

To validate parsed JSON, Pydantic calls a function of Python for each value in it.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaValidator
from pydantic_core.core_schema import chain_schema, is_instance_schema, json_schema, list_schema, nullable_schema

Validate = Callable[..., Any]
Fields = tuple[tuple[str, bool], ...]  # the names, and whether the value may be NULL


@lru_cache(maxsize=1024)  # many queries return the same model
def json_validator(model: type[BaseModel], fields: Fields, json_class: type[str | bytes]) -> Validate | None:
    """Return a validator of lists of rows, in which these fields hold JSON in instances of a class.

    Returns None if the model has its own way to read a whole row, which may need the parsed JSON, or if this version of
    Pydantic cannot do it.
    """
    schema: Any = TypeAdapter(model).core_schema
    definitions = schema if schema["type"] == "definitions" else None
    row = _row_schema(schema if definitions is None else definitions["schema"], fields, json_class)
    if row is None:
        return None
    rows: Any = list_schema(row)
    whole: Any = rows if definitions is None else {**definitions, "schema": rows}
    try:
        # Otherwise Pydantic would use the validator of the model, which knows nothing of this schema.
        return SchemaValidator(whole, _use_prebuilt=False).validate_python
    except TypeError:  # a version of Pydantic without this parameter
        return None


def _row_schema(schema: Any, fields: Fields, json_class: type[str | bytes]) -> Any:
    """Return the schema of a model whose fields of JSON are parsed; None if the model has its own way to read a row."""
    if schema["type"] == "function-after":
        inner = _row_schema(schema["schema"], fields, json_class)
        return None if inner is None else {**schema, "schema": inner}
    if schema["type"] != "model" or schema.get("custom_init") or schema["schema"]["type"] != "model-fields":
        return None
    of_model = dict(schema["schema"]["fields"])
    for name, may_be_null in fields:
        text = chain_schema([is_instance_schema(json_class), json_schema(of_model[name]["schema"])])
        of_model[name] = {**of_model[name], "schema": nullable_schema(text) if may_be_null else text}
    return {**schema, "schema": {**schema["schema"], "fields": of_model}}
