"""Names for Python from names of a database: modules, models, functions and fields."""

import keyword
import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from hangar_dal.models.row import Row

_PLAIN: Final = re.compile(r"[a-z][a-z0-9_]*")
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER: Final = re.compile(r"[^a-z0-9]+")
_SINGULARS: Final = (
    ("people", "person"),
    ("children", "child"),
    ("ies", "y"),
    ("sses", "ss"),
    ("statuses", "status"),
    ("buses", "bus"),
    ("xes", "x"),
    ("ches", "ch"),
    ("shes", "sh"),
    ("s", ""),
)
_PLURALS: Final = (
    ("person", "people"),
    ("child", "children"),
    ("s", "ses"),
    ("x", "xes"),
    ("ch", "ches"),
    ("sh", "shes"),
)
# Words that end in s and are no plurals, and words that are their own plural.
_SINGULAR: Final = re.compile(r"(ss|us|is|news|series|species)$")
_SAME: Final = re.compile(r"(series|species|news|data|info|staff|inventory|equipment|history|status)$")
_SHORT: Final = 4  # the least letters of a word that is a plural: not gas or bus
_VOWELS: Final = "aeiou"
# Names that the functions of a module use for their arguments.
_TAKEN: Final = frozenset({"db", "after", "limit", "new", "changes", "self"})
# Folders of the package, and what its __init__.py defines.
_MODULES: Final = frozenset({"sql", "migrations", "catalog"})
# Names that a module imports or defines.
_CLASSES: Final = frozenset({
    "Annotated", "Any", "Date", "Datetime", "Decimal", "Enum", "Executor", "Field", "Literal", "PageSize", "Row",
    "RowCount", "TypedDict", "Unpack", "Uuid", "JsonValue", "Catalog", "None", "True", "False",
})  # fmt: skip


def snake(name: str) -> str:
    """Return the name in lower case, with its words joined by _: `UnitPrice` becomes unit_price. May be empty."""
    if _PLAIN.fullmatch(name):
        return name
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    ascii_only = "".join(each for each in plain if not unicodedata.combining(each))
    return _OTHER.sub("_", _WORDS.sub("_", ascii_only).lower()).strip("_")


def singular(name: str) -> str:
    """Return the singular of the last word, as far as it can be guessed."""
    head, _, last = name.rpartition("_")
    if _SINGULAR.search(last) or _SAME.search(last) or len(last) < _SHORT:
        return name
    found = next((last.removesuffix(ending) + instead for ending, instead in _SINGULARS if last.endswith(ending)), last)
    return f"{head}_{found}" if head else found


def plural(name: str) -> str:
    """Return the plural of the last word of a singular, as far as it can be guessed."""
    head, _, last = name.rpartition("_")
    if _SAME.search(last):
        return name
    if last.endswith("y") and last[-2:-1] not in _VOWELS:
        found = f"{last[:-1]}ies"
    else:
        found = next(
            (last.removesuffix(ending) + instead for ending, instead in _PLURALS if last.endswith(ending)), f"{last}s"
        )
    return f"{head}_{found}" if head else found


def model_name(name: str) -> str:
    """Return the name of a model from a singular in snake case."""
    made = "".join(part[:1].upper() + part[1:] for part in name.split("_"))
    return f"{made}Record" if made in _CLASSES else made


def module_names(labels: Iterable[tuple[str, str]], taken: Collection[str] = ()) -> list[str]:
    """Return a name for the module of each table, given its schema and name."""
    used: set[str] = set()
    return [
        _unused(
            _identifier("_".join(filter(None, (snake(schema), snake(name)))), "table", at),
            used,
            {*_MODULES, *taken},
            "_table",
        )
        for at, (schema, name) in enumerate(labels, 1)
    ]


def field_names(columns: Iterable[str], types: Collection[str] = ()) -> list[str]:
    """Return a name for the field of each column: an identifier that Pydantic and the functions do not use otherwise.

    `types` are names that annotations of the module use, such as `date`.
    """
    used: set[str] = set()
    taken = {*_TAKEN, *types}
    return [_unused(_identifier(snake(column), "column", at), used, taken, "_") for at, column in enumerate(columns, 1)]


def _identifier(name: str, kind: str, at: int) -> str:
    name = name or f"{kind}_{at}"
    return f"{kind}_{name}" if name[0].isdigit() else name


def _unused(name: str, used: set[str], taken: Collection[str], suffix: str) -> str:
    """Return the name, with the suffix if it has another meaning, and with a number if another column has it."""
    if name in taken or keyword.iskeyword(name) or hasattr(Row, name) or name.startswith("model_"):
        name += suffix
    found, count = name, 1
    while found in used:
        count += 1
        found = f"{name}_{count}"
    used.add(found)
    return found
