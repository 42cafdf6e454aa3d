"""Names inside of JSON, which no database checks: fields of rows that are sent, keys of objects that come back.

A misspelt one is NULL, or a field that is missing, and nothing says so. Builds on `place`; goes by tokens.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.contract.facts import Described
from hangar_dal.contract.place import found
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.database.types import ValueType, field_types, inner_model
from hangar_dal.finding import Finding
from hangar_dal.query.clauses import Scope, scopes
from hangar_dal.sqlscan import Kind, Token

_OBJECTS: Final = frozenset({"JSON_OBJECT", "JSON_BUILD_OBJECT", "JSONB_BUILD_OBJECT"})
_RECORDS: Final = frozenset({"JSON_TO_RECORDSET", "JSONB_TO_RECORDSET"})
_PATH = re.compile(r"'\$\.(\w+)'")


def compare_json(checked: CheckedVariant, described: Described) -> Iterator[Finding]:
    """What the statement reads out of a list of models, and what it builds for a model inside of a model."""
    every = scopes(checked.variant.text, checked.block.dialect)
    rows = [argument.model for argument in checked.query.signature.arguments.values() if argument.rows]
    if len(rows) == 1 and rows[0] is not None:
        known = {name for name, value in field_types(rows[0]).items() if isinstance(value, ValueType)}
        known |= {f"{name}_fold" for name, value in field_types(rows[0]).items() if _folds(value)}
        of_records = [(at, name) for at, name, _ in record_columns(every)]
        for at, name in (*_paths(checked), *of_records):
            if name not in known:
                message = f"{name} is not a field of {rows[0].__name__}, so its value in the JSON is NULL"
                yield found(checked, "json-field", message, f"write one of {', '.join(sorted(known))}", at=at)
    yield from _built(checked, described, every[0])


def _folds(value: ValueType | str) -> bool:
    return isinstance(value, ValueType) and value.fold is not None


def _paths(checked: CheckedVariant) -> Iterator[tuple[int, str]]:
    """SQLite's way: `json_extract(value, '$.name')`, `value ->> '$.name'`."""
    for token in checked.variant.tokens:
        if token.kind is Kind.STRING and (path := _PATH.fullmatch(token.text)):
            yield token.start, path[1]


def record_columns(every: Sequence[Scope]) -> Iterator[tuple[int, str, str]]:
    """PostgreSQL's way: `json_to_recordset(:rows) AS entry (id uuid, ...)`. Where each is, its name and its type."""
    for scope in every:
        for at, item in enumerate(scope.items):
            if isinstance(item, Scope) and item.before in _RECORDS:
                columns = next((each for each in scope.items[at + 1 : at + 4] if isinstance(each, Scope)), None)
                for column in _split(columns.items) if columns else ():
                    if isinstance(column[0], Token):
                        yield column[0].start, column[0].text.strip('"'), _written(column[1:])


def _built(checked: CheckedVariant, described: Described, root: Scope) -> Iterator[Finding]:
    model, start = checked.query.signature.result.model, root.verb
    if model is None or start is None:
        return
    begin = start if root.word(start) == "SELECT" else root.find("RETURNING", after=start)
    end = root.find("FROM", after=start) if begin == start else None
    if begin is None:
        return
    selected = list(_split(root.items[begin + 1 : end]))
    if len(selected) != len(described.columns):
        return
    for column, item in zip(described.columns, selected, strict=True):
        value = field_types(model).get(column.name)
        inner = inner_model(value) if isinstance(value, ValueType) else None
        built = _object(item) if inner else None
        if inner is None or built is None:
            continue
        keys = dict(_keys(built))
        is_known = len(keys) == len(list(_split(built.items))[::2])  # a key may be worked out
        # One with a default as well: where one twin alone leaves it out, they would give different models.
        for name in (name for name in inner.model_fields if is_known and name not in keys):
            message = f"the objects of {column.name} have no {inner.__name__}.{name}"
            yield found(checked, "json-field", message, f"build them with '{name}' too", at=built.start)
        for name in (name for name in keys if name not in inner.model_fields):
            message = f"the key {name} of {column.name} is not a field of {inner.__name__}"
            yield found(checked, "json-field", message, "leave it out, or correct the name", at=keys[name])


def _object(items: "list[Token | Scope]") -> Scope | None:
    """The outermost object that is built there."""
    for item in items:
        if isinstance(item, Scope):
            inner = item if item.before in _OBJECTS else _object(item.items)
            if inner is not None:
                return inner
    return None


def _written(items: "list[Token | Scope]") -> str:
    """A type as PostgreSQL writes it: `character varying(5)`, `text[]`."""
    words = [item.text if isinstance(item, Token) else f"({_written(item.items)})" for item in items]
    return " ".join(words).replace(" (", "(").replace(" [ ]", "[]").lower()


def _split(items: "list[Token | Scope]") -> "Iterator[list[Token | Scope]]":
    part: list[Token | Scope] = []
    for item in items:
        if isinstance(item, Token) and item.text == ",":
            yield part
            part = []
        else:
            part.append(item)
    if part:
        yield part


def _keys(built: Scope) -> Iterator[tuple[str, int]]:
    for part in list(_split(built.items))[::2]:
        if isinstance(part[0], Token) and part[0].kind is Kind.STRING:
            yield part[0].text.strip("'"), part[0].start
