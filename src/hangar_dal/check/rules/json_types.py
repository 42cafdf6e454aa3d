"""Check the types with which PostgreSQL reads a list of models: `json_to_recordset(:rows) AS entry (n integer)`.

Reads tokens.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.check.rules.narrow_columns import VALUE_TOO_LARGE, lossy, too_wide
from hangar_dal.check.rules.parameters import VALUE_REFUSED
from hangar_dal.check.sql.json_rows import Read, names_read
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import ADVICE, enum_of, is_known, places_of, spoken, takes, values_of
from hangar_dal.database.kinds import DECIMAL, postgresql_kind
from hangar_dal.database.stored import scale_of
from hangar_dal.database.types import Dialects, ValueType, field_types, kind_of
from hangar_dal.postgresql_types import shown_name
from hangar_dal.rules import Finding, Problem, Rule
from hangar_dal.sqlscan import Kind

# Built-in types of PostgreSQL that fit no annotation. Any other unknown type may be a domain over a known one.
_OTHERS: Final = frozenset(
    {*ADVICE, "inet", "cidr", "macaddr", "xml", "bit", "tsvector", "point", "hstore"}
    | {'"char"', "name", "oid", "xid", "regclass", "regtype", "time with time zone", "varbit", "bit varying"}
    | {"jsonpath", "tsquery", "macaddr8", "pg_lsn", "box", "line", "path", "polygon", "circle", "tid", "cid"}
    | {"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"}
)
_OTHER_NAMES: Final = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "varchar": "character varying",
    "char": "character",
    "decimal": "numeric",
}
_FIRST_WORD: Final = re.compile(r"^\w+")
_TIME: Final = re.compile(r"(timestamp|time)(tz)?(\(\d\))?( with time zone| without time zone)?(\[\])?")


JSON_KIND: Final = Rule(
    "json-kind",
    "error",
    "The type of a value that is read from JSON, or built into it, fits the model's field.",
    """\
The statement tells PostgreSQL the type of each field that it reads from a list of models. Write the type of the
field's column. A text that is converted wherever it is used, as by `CAST(entry.created_at AS timestamptz)`, is fine.
So is a list that is read as `json` or `jsonb`, for `jsonb_array_elements_text(entry.tags)`.

On SQLite, read a field by `json_extract(value, '$.name')` or `->>`. `value -> '$.name'` gives JSON, which is right only
for a list or a nested model: any other text would be stored in quotes.

The columns that are built into JSON must fit the fields of the nested model. The databases also write some values into
JSON in different ways. On SQLite, `json_object('size', size)` cuts a fraction to 15 digits (before SQLite 3.53), writes
a `bool` as 1 or 0, and writes a list or a document as a text:

| Column | On SQLite | On PostgreSQL |
|---|---|---|
| `float` | `json(printf('%!.20g', size))` | `size` |
| `float`, may be NULL | `json(CASE WHEN size IS NOT NULL THEN printf('%!.20g', size) END)` | `size` |
| a list, JSON | `json(tags)` | `tags` |
| a parameter that is a list, a model or JSON | `json(:tags)` | `:tags` |
| a `bool` parameter of `json_set()` | `json(CASE WHEN :v THEN 'true' WHEN NOT :v THEN 'false' END)` | `to_jsonb(:v)` |
| `bool` \\* | `json(CASE WHEN sold THEN 'true' WHEN NOT sold THEN 'false' END)` | `sold` |
| `datetime` \\* | `made_at` | `to_char(made_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')` |

\\* for a result that is a `JsonObject`, `JsonValue` or `JsonArray`. A model reads 1 as a `bool`, and both texts of a
`datetime`. SQLite 3.47 to 3.52 changes the last digit of some numbers below 1e-60 or above 1e60, also with `printf`.
""",
    bad="""\
--- items.py
class ItemTime(Row):
    id: UUID
    created_at: datetime

@query
async def set_times(db: Executor, times: list[ItemTime]) -> RowCount: ...
--- sqlite/items.sql
-- name: set_times
-- differs: each database has its own functions for JSON.
UPDATE items SET created_at = json_extract(entry.value, '$.created_at')
FROM json_each(:times) AS entry
WHERE items.id = json_extract(entry.value, '$.id');
--- postgresql/items.sql
-- name: set_times
-- differs: each database has its own functions for JSON.
UPDATE items SET created_at = entry.created_at
FROM json_to_recordset(:times) AS entry (id uuid, created_at date)
WHERE items.id = entry.id;
""",
    good="""\
--- postgresql/items.sql
-- name: set_times
-- differs: each database has its own functions for JSON.
UPDATE items SET created_at = entry.created_at
FROM json_to_recordset(:times) AS entry (id uuid, created_at timestamptz)
WHERE items.id = entry.id;
""",
)


def compare_json_kinds(checked: CheckedVariant, tables: Tables) -> Iterator[Finding]:
    """Compare the type of each column of the record with the field of the same name. Unknown types fit every field."""
    for read in names_read(checked, tables):
        at, name = read.at, read.name
        value, field = field_types(read.model, checked.query.dialects).get(name), f"{read.model.__name__}.{name}"
        type_, digits = _type_of(read.type)
        kind = _kind(type_, tables)
        if isinstance(value, ValueType) and read.as_json and not _is_nested(value):
            message = f"`->` gives {field} as JSON, in which a text is in quotes and a bool is a word"
            yield finding_at(checked, JSON_KIND, message, f"write json_extract(..., '$.{name}')", at=at)
        if "sqlite" not in checked.query.dialects:
            kind = _known(kind, tables)
        if not isinstance(value, ValueType) or not _is_judged(kind, checked.query.dialects, tables):
            continue
        if kind_of(value).startswith("list:") and kind == "json":
            continue  # the statement reads the items of the list itself
        if kind == "text" and _is_converted(read, checked):
            continue
        does = lossy(digits or type_, checked.query.dialects)
        if does is not None and takes(kind, kind_of(value)):
            message = f"PostgreSQL {does[0].format(field)}, because {name} is read as {digits or type_}"
            plain = "timestamptz" if " with time zone" in type_ else "text" if kind.endswith("text") else _word(type_)
            yield finding_at(checked, JSON_KIND, message, f"read it as {plain}", at=at)
        elif not takes(kind, kind_of(value)):
            message = f"{name} is read as {spoken(kind)}, and {field} is {spoken(kind_of(value))}"
            yield finding_at(checked, JSON_KIND, message, "write the type of its column", at=at)
        elif enum_of(kind) and (refused := _refused(value, tables.enums[type_])):
            message = f"{field} may be {refused}, and {spoken(kind)} has only {', '.join(tables.enums[type_])}"
            yield finding_at(checked, VALUE_REFUSED, message, "change the type, or the enum in a migration", at=at)
        elif (problem := _scale(kind_of(value), type_, kind)) is not None and "sqlite" in checked.query.dialects:
            yield finding_at(checked, JSON_KIND, f"{field} {problem.message}", problem.fix, at=at)
            continue
        for reason, _ in too_wide(value, type_.replace(" ", "") if kind.endswith("numeric") else type_):
            message = f"{field} {reason} {type_}, as which it is read"
            yield finding_at(checked, VALUE_TOO_LARGE, message, "read it as bigint or text, or limit the field", at=at)


def _scale(field: str, type_: str, kind: str) -> Problem | None:
    """Return the problem of a number that PostgreSQL reads with other digits after the point than its field has."""
    places, read = places_of(field), scale_of(type_.replace(" ", ""))
    if (places == read and places is not None) or (places is None and kind.removeprefix("list:") != "numeric"):
        return None
    fix = f"read it as numeric(18, {places})" if places is not None else f"annotate it as {DECIMAL}"
    return Problem(f"is {spoken(field)}, and is read as {type_}", fix)


def _is_nested(value: ValueType) -> bool:
    """Return whether SQLite gets each value as a list or an object within the row, never as another JSON."""
    is_document = value.kind == "json" and {*value.classes} in ({dict}, {list})
    return is_document or value.kind in ("list", "model", "models")


def _word(type_: str) -> str:
    return re.split(r"[ (]", type_)[0]


def _kind(type_: str, tables: Tables) -> str:
    """Return the kind of a type without the limits of its values, such as the digits of a number."""
    plain = re.sub(r"\([\d, ]+\)", "", type_)
    if plain.startswith("interval "):
        plain = f"interval{'[]' if plain.endswith('[]') else ''}"
    bare = plain.removesuffix("[]")
    if bare in tables.enums:
        return f"enum:{bare}" if bare == plain else f"list:enum:{bare}"
    return postgresql_kind(plain)


def _known(kind: str, tables: Tables) -> str:
    """Return the kind below a domain; the same kind for any other type."""
    item = kind.removeprefix("list:")
    found = tables.types.get(shown_name(item), item)
    return found if item == kind else f"list:{found}"


def _is_judged(kind: str, dialects: Dialects, tables: Tables) -> bool:
    """Return whether the kind is one of a built-in type or of an enum. Any other may be a domain over a known one."""
    item = kind.removeprefix("list:")
    if "sqlite" not in dialects and item in tables.types.values():
        return True
    if item == kind or "sqlite" not in dialects:
        return is_known(item) or enum_of(item) is not None or item in _OTHERS
    return is_known(kind) or item == "numeric"


def _type_of(written: str) -> tuple[str, str]:
    """Return the type by the name that PostgreSQL gives it, and the same with the digits of its fraction, or ""."""
    if (time := _TIME.fullmatch(written)) is not None:
        zone = "with time zone" if time[2] or time[4] == " with time zone" else "without time zone"
        is_array = time[5] or ""
        digits = f"{time[1]}{time[3]} {zone}{is_array}" if time[3] else ""
        return f"{time[1]} {zone}{is_array}", digits
    return _FIRST_WORD.sub(lambda found: _OTHER_NAMES.get(found[0], found[0]), written), ""


def _is_converted(read: Read, checked: CheckedVariant) -> bool:
    """Return whether every use of the text is converted, as in `CAST(entry.at AS timestamptz)`."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    words = [token.text.strip('"').lower() for token in code]
    places = [at for at in range(len(words) - 3) if words[at : at + 3] == [read.source, ".", read.name.lower()]]
    casts = [words[at + 3] == "::" or (words[at - 2 : at] == ["cast", "("] and words[at + 3] == "as") for at in places]
    return bool(casts) and all(casts)


def _refused(value: ValueType, labels: Sequence[str]) -> str:
    known = values_of(value)
    return ", ".join(each for each in known if each not in labels) if known else "any text"
