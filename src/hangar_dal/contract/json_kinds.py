"""Kinds of the fields that PostgreSQL reads out of a list of models: `json_to_recordset(:rows) AS entry (n integer)`.

Stands above `json_fields` and `narrow`; goes by tokens.
"""

from collections.abc import Iterator
from typing import Final

from hangar_dal.contract.json_fields import record_columns
from hangar_dal.contract.kinds import ADVICE, is_known, postgresql_kind, spoken, takes
from hangar_dal.contract.narrow import too_wide
from hangar_dal.contract.place import found
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.database.types import ValueType, field_types, kind_of
from hangar_dal.finding import Finding
from hangar_dal.query.clauses import scopes

_OTHER_NAMES: Final = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "timestamp": "timestamp without time zone",
    "varchar": "character varying",
    "char": "character",
    "decimal": "numeric",
}


def compare_json_kinds(checked: CheckedVariant) -> Iterator[Finding]:
    """Each column of the record against the model's field of its name; a type that is not known may be any."""
    rows = [argument.model for argument in checked.query.signature.arguments.values() if argument.rows]
    if len(rows) != 1 or rows[0] is None:
        return
    fields = field_types(rows[0])
    for at, name, written in record_columns(scopes(checked.variant.tokens)):
        value = fields.get(name)
        bare, bracket, items = written.lower().partition("[")
        type_ = _OTHER_NAMES.get(bare, bare) + bracket + items
        kind = postgresql_kind(type_)
        if not isinstance(value, ValueType) or not (is_known(kind) or kind in ADVICE):
            continue
        if not takes(kind, kind_of(value)):
            message = f"{name} is read as {spoken(kind)}, and {rows[0].__name__}.{name} is {spoken(kind_of(value))}"
            yield found(checked, "json-kind", message, "write the type of its column", at=at)
        for reason, _ in too_wide(value, type_):
            message = f"{rows[0].__name__}.{name} {reason} {type_}, as which it is read"
            yield found(checked, "value-too-large", message, "read it as bigint, or limit the field", at=at)
