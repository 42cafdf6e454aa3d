"""Check names inside of JSON: fields of rows that are sent to the database, and keys of objects that it returns.

No database checks these names. A misspelt field is NULL, and a misspelt key is a missing field. Reads tokens.
"""

from collections.abc import Iterator
from typing import Final, TypeGuard

from hangar_dal.check.model import Tables
from hangar_dal.check.sql.json_rows import names_read
from hangar_dal.check.statement_info import StatementInfo
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import DERIVED, ValueType, field_types, inner_model
from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.rules import Finding, Problem, Rule
from hangar_dal.sqlscan import Kind, Token, between_commas

_OBJECTS: Final = frozenset({"JSON_OBJECT", "JSON_BUILD_OBJECT", "JSONB_BUILD_OBJECT"})


JSON_FIELD: Final = Rule(
    "json-field",
    "error",
    "Names that are read from JSON, or built into it, are names of the model's fields.",
    """\
No database checks the names inside of JSON: a misspelt one is NULL for each row. This includes a list of models
within the rows. The names in other documents are not judged. The same is reported for a `json_object(...)` that is
read as a nested model, if it lacks a field or has a key that is not a field.
""",
    bad="""\
--- items.py
class ItemNote(Row):
    id: UUID
    note: str

@query
async def set_notes(db: Executor, notes: list[ItemNote]) -> RowCount: ...
--- sqlite/items.sql
-- name: set_notes
-- differs: each database has its own functions for JSON.
UPDATE items SET note = json_extract(entry.value, '$.notes')
FROM json_each(:notes) AS entry
WHERE items.id = json_extract(entry.value, '$.id');
--- postgresql/items.sql
-- name: set_notes
-- differs: each database has its own functions for JSON.
UPDATE items SET note = entry.notes
FROM json_to_recordset(:notes) AS entry (id uuid, notes text)
WHERE items.id = entry.id;
""",
    good="""\
--- sqlite/items.sql
-- name: set_notes
-- differs: each database has its own functions for JSON.
UPDATE items SET note = json_extract(entry.value, '$.note')
FROM json_each(:notes) AS entry
WHERE items.id = json_extract(entry.value, '$.id');
--- postgresql/items.sql
-- name: set_notes
-- differs: each database has its own functions for JSON.
UPDATE items SET note = entry.note
FROM json_to_recordset(:notes) AS entry (id uuid, note text)
WHERE items.id = entry.id;
""",
)


def compare_json(checked: CheckedVariant, info: StatementInfo, tables: Tables) -> Iterator[Finding]:
    """Yield findings for fields that a list of models does not have, and for objects that do not fit a nested model."""
    for read in names_read(checked, tables):
        fields = field_types(read.model, checked.query.dialects)
        known = {name for name, value in fields.items() if isinstance(value, ValueType)}
        known |= {f"{name}_{kind}" for name, value in fields.items() for kind in DERIVED if _derives(value, kind)}
        if read.name not in known:
            message = f"{read.name} is not a field of {read.model.__name__}, so its value in the JSON is NULL"
            yield finding_at(checked, JSON_FIELD, message, f"write one of {', '.join(sorted(known))}", at=read.at)
    yield from _built(checked, info, scopes(checked.variant)[0])


def _derives(value: ValueType | Problem, kind: str) -> bool:
    return isinstance(value, ValueType) and value.derives(kind) is not None


def _built(checked: CheckedVariant, info: StatementInfo, root: ClauseScope) -> Iterator[Finding]:
    model, start = checked.query.signature.result.model, root.verb
    if model is None or start is None:
        return
    begin = start if root.word(start) == "SELECT" else root.find("RETURNING", after=start)
    end = root.find("FROM", after=start) if begin == start else None
    if begin is None:
        return
    selected = list(between_commas(root.items[begin + 1 : end]))
    if len(selected) != len(info.columns):
        return
    for column, item in zip(info.columns, selected, strict=True):
        value = field_types(model, checked.query.dialects).get(column.name)
        inner = inner_model(value) if isinstance(value, ValueType) else None
        built = _object(item) if inner else None
        if inner is None or built is None:
            continue
        written = list(between_commas(built.items))[::2] if built.items else []
        keys = {part[0].text.strip("'"): part[0].start for part in written if _is_text(part[0])}
        is_known = len(keys) == len(written)  # False if a key is an expression
        # Fields with a default are required too. Otherwise one dialect could omit a field and return other models.
        for name in (name for name in inner.model_fields if is_known and name not in keys):
            message = f"the objects of {column.name} have no {inner.__name__}.{name}"
            yield finding_at(checked, JSON_FIELD, message, f"build them with '{name}' too", at=built.start)
        for name in (name for name in keys if name not in inner.model_fields):
            message = f"the key {name} of {column.name} is not a field of {inner.__name__}"
            yield finding_at(checked, JSON_FIELD, message, "leave it out, or correct the name", at=keys[name])


def _object(items: "list[Token | ClauseScope]") -> ClauseScope | None:
    """Return the outermost object that these items build; None if they build none."""
    for item in items:
        if isinstance(item, ClauseScope):
            inner = item if item.before in _OBJECTS else _object(item.items)
            if inner is not None:
                return inner
    return None


def _is_text(item: Token | ClauseScope) -> TypeGuard[Token]:
    return isinstance(item, Token) and item.kind is Kind.STRING
