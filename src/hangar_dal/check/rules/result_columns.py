"""Compare the names of a result's columns with the fields of its model."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hangar_dal.check.statement_info import ResultColumn
from hangar_dal.check.statements.locations import column_at, finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import ValueType, field_types
from hangar_dal.rules import Finding, Rule


def result_fields(checked: CheckedVariant) -> Mapping[str, ValueType] | None:
    """Return the declared types of the result by field name; None if the function returns no rows.

    A result that is a single value has the name "".
    """
    result = checked.query.signature.result
    if result.model is not None:
        types = field_types(result.model, checked.query.dialects)
        return {name: value for name, value in types.items() if isinstance(value, ValueType)}
    return {"": result.value} if result.value is not None else None


COLUMN_MISSING: Final = Rule(
    "column-missing",
    "error",
    "Each field of the model is a column of the result.",
    """\
Select the column under the field's name.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


COLUMN_EXTRA: Final = Rule(
    "column-extra",
    "error",
    "Each column of the result is a field of the model.",
    """\
Leave the column out, or add the field. The same is reported for a second column where one value is declared, as by
`-> list[str]`.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name, note
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


COLUMN_DUPLICATE: Final = Rule(
    "column-duplicate",
    "error",
    "No two columns of a result have the same name.",
    """\
The second column would overwrite the first one. Give each of them a name of its own by `AS`, or select the one that
is meant.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name, brand AS name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


COLUMN_ORDER: Final = Rule(
    "column-order",
    "error",
    "The columns of a result are in the order of the model's fields.",
    """\
Rows are read by position. Write the columns in the model's order.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT name, id
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name
FROM items
WHERE owner_id = :owner_id
ORDER BY id;
""",
)


def compare_names(
    checked: CheckedVariant, columns: Sequence[ResultColumn], fields: tuple[str, ...]
) -> Iterator[Finding]:
    """Yield findings for missing, unknown and duplicate columns, and for columns in another order than the fields."""
    names = [column.name for column in columns]
    if fields == ("",):
        if len(names) != 1:
            message = f"returns {len(names)} columns, and the signature has one value"
            yield finding_at(checked, COLUMN_EXTRA, message, "select the one, or declare a model")
        return
    model = checked.query.signature.result.model
    owner = model.__name__ if model else ""
    missing = [name for name in fields if name not in names]
    extra = [name for name in dict.fromkeys(names) if name not in fields]
    for name in missing:
        yield finding_at(checked, COLUMN_MISSING, f"no column for {owner}.{name}", f"select it, or name it AS {name}")
    for name in extra:
        message, fix = f"the column {name} is not a field of {owner}", "leave it out, or add the field"
        yield finding_at(checked, COLUMN_EXTRA, message, fix, at=column_at(checked, name))
    for name, count in Counter(names).items():
        if count > 1:
            message, fix = f"{count} columns are called {name}", "give each a name of its own by AS"
            yield finding_at(checked, COLUMN_DUPLICATE, message, fix, at=column_at(checked, name))
    if not missing and not extra and len(names) == len(fields) and tuple(names) != fields:
        first = next(name for name, expected in zip(names, fields, strict=True) if name != expected)
        message = f"the columns are in a different order than the fields of {owner}"
        yield finding_at(checked, COLUMN_ORDER, message, f"write {', '.join(fields)}", at=column_at(checked, first))
