"""Compare the fields of a model that is stored as a composite type of PostgreSQL with the attributes of the type."""

from collections.abc import Iterator

from pydantic import BaseModel

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.parameters import PARAMETER_KIND
from hangar_dal.check.rules.result_columns import result_fields
from hangar_dal.check.rules.results import COLUMN_KIND
from hangar_dal.check.statements.locations import column_at, finding_at, parameter_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import fits, spoken
from hangar_dal.database.types import ValueType, field_types, kind_of
from hangar_dal.rules import Finding


def compare_composites(checked: CheckedVariant, tables: Tables) -> Iterator[Finding]:
    """Yield a finding for each parameter and result whose model does not have the attributes of its composite type."""
    for name, source in sources(checked).items():
        for message, fix in _differences(source.value, tables):
            yield finding_at(checked, PARAMETER_KIND, f":{name}: {message}", fix, at=parameter_at(checked, name))
    for name, value in (result_fields(checked) or {}).items():
        for message, fix in _differences(value, tables):
            where = f"{name}: " if name else ""
            yield finding_at(checked, COLUMN_KIND, f"{where}{message}", fix, at=column_at(checked, name))


def _differences(value: ValueType | None, tables: Tables) -> Iterator[tuple[str, str]]:
    """Yield what differs between a model and its composite type, and what to write. Attributes may be composite too."""
    item = value.item if value is not None and value.kind == "list" else value
    if item is None or item.postgres is None or item.below is None or item.below.python is None:
        return
    model: type[BaseModel] = item.below.python
    type_ = item.postgres.name
    attributes = tables.composites.get(type_)
    if item.below.kind != "model" or attributes is None:
        return
    types = field_types(model, item.dialects)
    if list(attributes) != list(types):
        message = f"the attributes of {type_} are {', '.join(attributes)}, and the fields of {model.__name__} are "
        fix = "declare the fields like the attributes, in their order"
        yield f"{message}{', '.join(types)}", fix
        return
    for name, found in types.items():
        if isinstance(found, ValueType):
            yield from _of_attribute(model, name, found, attributes[name])
            yield from _differences(found, tables)


def _of_attribute(model: type[BaseModel], name: str, value: ValueType, kind: str) -> Iterator[tuple[str, str]]:
    if not fits("postgresql", kind, kind_of(value)):
        message = f"{model.__name__}.{name} is {spoken(kind_of(value))}, and the attribute is {spoken(kind)}"
        yield message, "change the annotation of the field, or the type in a migration"
