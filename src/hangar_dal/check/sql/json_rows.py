"""Find the field names that a statement reads from the JSON of a list of models, and from lists within its rows.

Omits names that may belong to other JSON. Reads tokens.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel

from hangar_dal.check.model import Tables
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import Dialects, ValueType, field_types, inner_model
from hangar_dal.query.clauses import ClauseScope, flat, scopes
from hangar_dal.sqlscan import Kind, Token, between_commas

_RECORDS: Final = frozenset({"JSON_TO_RECORDSET", "JSONB_TO_RECORDSET"})
_BEHIND = "CROSS FULL GROUP HAVING INNER JOIN LEFT LIMIT NATURAL ON ORDER RIGHT UNION WHERE WINDOW"
_BEHIND_SOURCE: Final = frozenset(_BEHIND.split())

Item = Token | ClauseScope


class Read(NamedTuple):
    """A field name at an offset, and the model that should have this field.

    `type` is the type with which PostgreSQL reads the field, and `source` is the name of the record. Both are empty for
    SQLite. `as_json` is True if SQLite reads the field by `->`, which returns JSON.
    """

    at: int
    name: str
    model: type[BaseModel]
    type: str = ""
    source: str = ""
    as_json: bool = False


def names_read(checked: CheckedVariant, tables: Tables) -> tuple[Read, ...]:
    """Return the names that the statement reads; () unless the function has exactly one list of models."""
    rows = [argument for argument in checked.query.signature.arguments.values() if argument.rows]
    if len(rows) != 1 or rows[0].model is None:
        return ()
    every = scopes(checked.variant)
    parameter, model = f":{rows[0].name}", rows[0].model
    columns = {name.lower() for table in tables.columns.values() for name in table}
    dialects = checked.query.dialects
    return (*_records(every, parameter, model, dialects), *_paths(every, parameter, model, columns, dialects))


def _records(
    every: Sequence[ClauseScope], parameter: str, model: type[BaseModel], dialects: Dialects
) -> Iterator[Read]:
    """Yield the names in the PostgreSQL form: `json_to_recordset(:rows) AS entry (id uuid, ...)`."""
    known: dict[str, type[BaseModel]] = {}
    for scope in every:
        for at, item in enumerate(scope.items):
            if not isinstance(item, ClauseScope) or item.before not in _RECORDS:
                continue
            of = _model_given(item, parameter, model, known, dialects)
            columns = next((each for each in scope.items[at + 1 : at + 4] if isinstance(each, ClauseScope)), None)
            if of is None or columns is None:
                continue
            source = columns.before.lower()
            known[source] = of
            for column in between_commas(columns.items):
                if isinstance(column[0], Token):
                    yield Read(column[0].start, column[0].text.strip('"'), of, _written(column[1:]), source)


def _paths(
    every: Sequence[ClauseScope],
    parameter: str,
    model: type[BaseModel],
    columns: Collection[str],
    dialects: Dialects,
) -> Iterator[Read]:
    """Yield the names in the SQLite form: `json_extract(value, '$.name')` or `value ->> '$.name'`.

    The value comes from `json_each(:rows)`.
    """
    sources: dict[str, type[BaseModel] | None] = {}
    for scope in every:
        for at, item in enumerate(scope.items):
            if isinstance(item, ClauseScope) and item.before == "JSON_EACH":
                sources[_alias(scope, at)] = _model_given(item, parameter, model, sources, dialects)
    for scope in every:
        for at, item in enumerate(scope.items):
            name = _name_in_path(item)
            of = _model_of(_base(scope, at), sources, columns) if name else None
            if isinstance(item, Token) and of is not None:
                yield Read(item.start, name, of, as_json=scope.text(at - 1) == ">" and scope.text(at - 2) == "-")


def _model_given(
    call: ClauseScope,
    parameter: str,
    model: type[BaseModel],
    known: Mapping[str, type[BaseModel] | None],
    dialects: Dialects,
) -> type[BaseModel] | None:
    """Return the model of the items that a JSON function reads; None if the argument is other JSON.

    The argument is the list itself, or a list of models within one of its rows.
    """
    tokens = list(flat(call.items))
    if any(token.kind is Kind.PARAMETER and token.text == parameter for token in tokens):
        return model
    for at, token in enumerate(tokens[:-2]):
        outer = known.get(token.text.strip('"').lower())
        if outer is None or tokens[at + 1].text != ".":
            continue
        rest = tokens[at + 2 :]
        name = next(filter(None, map(_name_in_path, rest)), rest[0].text.strip('"'))
        value = field_types(outer, dialects).get(name)
        if isinstance(value, ValueType) and value.kind == "models":
            return inner_model(value)
    return None


def _alias(scope: ClauseScope, at: int) -> str:
    """Return the alias of a source, or "json_each" if it has none."""
    behind = at + 2 if scope.word(at + 1) == "AS" else at + 1
    is_name = scope.word(behind) not in _BEHIND_SOURCE and (scope.word(behind) or scope.text(behind).startswith('"'))
    return scope.text(behind).strip('"').lower() if is_name else "json_each"


def _name_in_path(item: Item) -> str:
    text = item.text if isinstance(item, Token) and item.kind is Kind.STRING else ""
    name = text[3:-1] if text.startswith("'$.") else ""
    return name if name.replace("_", "a").isalnum() else ""


def _base(scope: ClauseScope, at: int) -> tuple[str, str] | None:
    """Return the name before `->` or before the first comma, and its source ("" if none); None for anything else."""
    if scope.text(at - 1) == ">":
        end = at - 3 if scope.text(at - 2) == ">" else at - 2
        end = end if scope.text(end) == "-" else 0
    elif scope.before.startswith("JSON"):
        end = next((place for place in range(at) if scope.text(place) == ","), 0)
    else:
        return None
    if not scope.word(end - 1):
        return None
    source = scope.text(end - 3) if scope.text(end - 2) == "." else ""
    return scope.text(end - 1).lower(), source.strip('"').lower()


def _model_of(
    base: tuple[str, str] | None, sources: Mapping[str, type[BaseModel] | None], columns: Collection[str]
) -> type[BaseModel] | None:
    if base is None:
        return None
    name, source = base
    if source in sources:
        return sources[source] if name == "value" else None
    every = set(sources.values())
    return every.pop() if len(every) == 1 and name not in columns else None


def _written(items: Sequence[Item]) -> str:
    """Return a type in the form that PostgreSQL shows: `character varying(5)`, `text[]`."""
    words = [item.text if isinstance(item, Token) else f"({_written(item.items)})" for item in items]
    return " ".join(words).replace(" (", "(").replace(" [ ]", "[]").lower()
