"""Check parameters inside the JSON functions of SQLite, to which lists, documents and truth values are not JSON.

Reads tokens.
"""

from collections.abc import Iterator
from typing import Final

from hangar_dal.check.rules.json_types import JSON_KIND
from hangar_dal.check.statements.locations import finding_at
from hangar_dal.check.statements.sending import sources
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.types import kind_of
from hangar_dal.query.clauses import ClauseScope, scopes
from hangar_dal.rules import Finding
from hangar_dal.sqlblock import Parameter
from hangar_dal.sqlscan import Token, between_commas

# Which arguments become values in the JSON: the first of them, and the distance to the next.
_CHANGES: Final = {"json_insert": (2, 2), "json_replace": (2, 2), "json_set": (2, 2)}
_VALUES: Final = {
    **_CHANGES,
    "json_array": (0, 1),
    "json_group_array": (0, 1),
    "json_group_object": (1, 2),
    "json_object": (1, 2),
    "json_quote": (0, 1),
}


def compare_json_parameters(checked: CheckedVariant) -> Iterator[Finding]:
    """Yield a finding for each parameter that SQLite writes into JSON as a text, or a `bool` as a number.

    A `bool` is reported in the functions that change a document. A model that is built reads 1 as a `bool`.
    """
    if checked.block.dialect != "sqlite":
        return
    given = sources(checked)
    for parameter, function in _in_json(checked):
        source = given.get(parameter.name)
        value = source.value if source is not None else None
        kind = kind_of(value) if value is not None else ""
        name = f":{parameter.name}"
        if kind in ("json", "model", "models") or kind.startswith("list:"):
            message = f"{name} becomes a text in the JSON, because SQLite is sent its JSON as a text"
            yield finding_at(checked, JSON_KIND, message, f"write json({name})", at=parameter.start)
        elif kind == "bool" and function in _CHANGES:
            fix = f"write json(CASE WHEN {name} THEN 'true' WHEN NOT {name} THEN 'false' END)"
            message = f"{name} becomes 1 or 0 in the JSON of SQLite"
            yield finding_at(checked, JSON_KIND, message, fix, at=parameter.start)


def _in_json(checked: CheckedVariant) -> Iterator[tuple[Parameter, str]]:
    """Yield each parameter that alone is a value in JSON, with the function that it is an argument of."""
    parameters = {parameter.start: parameter for parameter in checked.variant.parameters}
    for scope in scopes(checked.variant):
        function = scope.before.lower().replace("jsonb", "json")
        first, step = _VALUES.get(function, (0, 0))
        for argument in list(between_commas(scope.items))[first::step] if step else ():
            is_alone = len(argument) == 1 or _is_word(argument[1], "ORDER")
            if is_alone and argument[0].start in parameters and isinstance(argument[0], Token):
                yield parameters[argument[0].start], function


def _is_word(item: Token | ClauseScope, word: str) -> bool:
    return isinstance(item, Token) and item.text.upper() == word
