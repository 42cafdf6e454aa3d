"""Put the columns and the values of an INSERT in the order of the stored model."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

from pydantic import BaseModel

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.result_columns import COLUMN_ORDER
from hangar_dal.database.types import DERIVED, ValueType, field_types
from hangar_dal.fixing.columns import OPTIONAL_LINES, LeftAlone
from hangar_dal.fixing.layout import Item, ListText, NotMovable, read_list
from hangar_dal.fixing.lists import Found, Inserted, inserted
from hangar_dal.fixing.statements import EditedStatement
from hangar_dal.migrations.identifiers import written
from hangar_dal.query.signature import Signature
from hangar_dal.query.sources import is_given
from hangar_dal.sqlblock import Line


def with_inserted(statement: EditedStatement, signature: Signature, tables: Tables) -> str:
    """Return the statement with both lists in the order of the model, if there is one. Raises `LeftAlone`.

    A field is added if the table has a column of its name and the statement does not use the field. A column is removed
    if its value is the parameter of the same name and no argument provides that parameter.
    """
    found, model = inserted(statement.root, statement.dialect), stored_model(signature)
    if found is None or model is None:
        return statement.text
    table = {column.lower(): column for column in tables.columns.get(found.table.lower(), ())}
    used = {parameter.name for parameter in statement.block.all_lines.parameters}
    types = field_types(model, signature.dialects)
    fields = {name: value for name, value in types.items() if isinstance(value, ValueType)}
    wanted = [name for name in _columns(fields) if name in table and name not in used]
    names = found.columns.names
    gone = {name for name, value in _parameters(found, statement) if value == name and not _given(name, signature)}
    added = [name for name in wanted if name not in names]
    order = list(_columns(fields))
    kept = _ordered([name for name in names if name not in gone], order)
    if kept == names and not added:
        return statement.text
    try:
        if statement.has_optional_lines(found.columns.start, found.values.end - 1):
            raise NotMovable(OPTIONAL_LINES)
        return _written(statement, found, _with_added(kept, added, order))
    except NotMovable as reason:
        message = f"the lists of the INSERT are not changed: {reason}"
        fix = f"write them in the order of {model.__name__}"
        raise LeftAlone(COLUMN_ORDER, message, fix, found.columns.start) from None


def stored_model(signature: Signature) -> type[BaseModel] | None:
    """Return the model of the only argument that provides its fields in every call; None if there is none."""
    models = [argument for argument in signature.arguments.values() if argument.model and not argument.rows]
    return models[0].model if len(models) == 1 and not models[0].optional else None


def _columns(fields: Mapping[str, ValueType]) -> Iterator[str]:
    """Yield the columns for a model's fields, each text followed by its derived columns."""
    for name, value in fields.items():
        yield name
        yield from (f"{name}_{kind}" for kind in DERIVED if value.derives(kind))


def _parameters(found: Inserted, statement: EditedStatement) -> Iterator[tuple[str, str]]:
    """Yield each column with the parameter that is its whole value, or with an empty string for other values."""
    for column, value in zip(found.columns.entries, found.values.entries, strict=True):
        text = statement.text[value.start : value.end]
        yield column.name, text[1:] if text.startswith(":") and text[1:].isidentifier() else ""


def _given(name: str, signature: Signature) -> bool:
    return is_given(name, Line("", 0), signature)


def _ordered(names: Sequence[str], order: Sequence[str]) -> list[str]:
    """Return the names in this order. Names without a position stay behind the name before them, or at the end."""
    ranks = {name: place for place, name in enumerate(order)}
    groups: list[list[str]] = [[]]
    for name in names:
        if name in ranks:
            groups.append([name])
        else:
            groups[-1].append(name)
    first, *others = groups
    last = others[-1][1:] if others else []
    if last:
        others[-1] = others[-1][:1]
    return list(chain(first, *sorted(others, key=lambda group: ranks[group[0]]), last))


def _with_added(names: Sequence[str], added: Sequence[str], order: Sequence[str]) -> list[str]:
    """Return the names with `added` inserted, each behind the nearest name that precedes it in the order."""
    made = list(names)
    for name in added:
        before = [each for each in order[: order.index(name)] if each in made]
        made.insert(made.index(before[-1]) + 1 if before else 0, name)
    return made


def _written(statement: EditedStatement, found: Inserted, names: Sequence[str]) -> str:
    """Return the statement with these columns. The values are replaced first because they are later in the text."""
    values = _listed(statement.text, statement, found.values)
    of_column = dict(zip(found.columns.names, values.items, strict=True))
    text = values.written([of_column.get(name) or Item(f":{name}") for name in names])
    columns = _listed(text, statement, found.columns)
    items = dict(zip(found.columns.names, columns.items, strict=True))
    return columns.written([items.get(name) or Item(written(name)) for name in names])


def _listed(text: str, statement: EditedStatement, found: Found) -> ListText:
    return read_list(text, statement.dialect, (found.start, found.end), found.spans, newline=statement.newline)
