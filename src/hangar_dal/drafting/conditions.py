"""The WHERE conditions of a new query and the types of its arguments."""

from collections.abc import Iterator, Sequence
from keyword import iskeyword
from typing import Final

from hangar_dal.check.model import Tables
from hangar_dal.database.types import ValueType, field_types, inner_model
from hangar_dal.drafting.annotations import Annotation, annotation_of, folded, of_stored
from hangar_dal.drafting.guess import Guess, GuessedCondition
from hangar_dal.drafting.names import column_of
from hangar_dal.emails import EmailAddress
from hangar_dal.errors import SettingsError
from hangar_dal.values import CaseInsensitive

# Names of arguments with another meaning: the database and the page size.
_TAKEN: Final = ("db", "limit")


def conditions_of(guess: Guess, asked: Sequence[str], table: str, tables: Tables) -> list[GuessedCondition]:
    """Return conditions on the requested columns, else on the columns in the name, else on the key."""
    columns = list(tables.columns[table])
    found: list[tuple[str, str]] = []
    for words in asked or guess.name.by:
        column = column_of(words, columns)
        if column is None:
            raise SettingsError(
                f"{table} has no column {words}; choose one with --where: {', '.join(columns)}",
            )
        found.append((column, column))
    if not found and guess.name.verb in ("find", "get", "delete"):
        key = next(iter(tables.keys.get(table, ())), ())
        if not key:
            raise SettingsError(f"{table} has no key; choose a column with --where")
        subject = guess.name.subject
        found = [(each, f"{subject}_id" if key == ("id",) and subject.isidentifier() else each) for each in key]
    return [_condition(guess, column, parameter, table, tables) for column, parameter in dict.fromkeys(found)]


def _condition(guess: Guess, column: str, parameter: str, table: str, tables: Tables) -> GuessedCondition:
    """Return the condition on a column. If the table has a folded column, the folded text is compared."""
    if not parameter.isidentifier() or iskeyword(parameter) or parameter in _TAKEN:
        raise SettingsError(f"{table}.{column}: no argument can be called {parameter}; write the query by hand")
    value = field_types(guess.model, guess.place.catalog.dialects).get(column) if guess.model else None
    if isinstance(value, ValueType) and value.sealed:
        raise SettingsError(
            f"{table}.{column} is sealed: equal values have different stored texts, so a comparison finds no row; "
            "choose another column"
        )
    made = _annotation(guess, column, parameter, table, tables)
    if f"{column}_fold" not in tables.columns[table]:
        return GuessedCondition(column, parameter, parameter, made)
    if made.text == "str":
        made = folded(made, EmailAddress if "email" in column else CaseInsensitive)
    return GuessedCondition(f"{column}_fold", f"{parameter}_fold", parameter, made)


def _annotation(guess: Guess, column: str, parameter: str, table: str, tables: Tables) -> Annotation:
    """Return the annotation of another function's parameter, else of the model's field, else of another query."""
    known = guess.source.annotation(parameter, guess.place.functions)
    if known is not None:
        return Annotation(known.removesuffix(" | None"))
    value = field_types(guess.model, guess.place.catalog.dialects).get(column) if guess.model else None
    if not isinstance(value, ValueType):
        value = next(_values(guess, parameter), None) or next(_values(guess, column), None)
    if value is None or value.kind in ("model", "models") or (value.item or value).postgres is not None:
        made = of_stored(tables.columns[table][column].kind)
        guess.notes.append(
            f"{parameter} is declared as {made.text}, which is a guess: {column} is not a field of the model; "
            "correct the type if needed"
        )
        return made
    return annotation_of(value)


def _values(guess: Guess, name: str) -> Iterator[ValueType]:
    """Yield the types of this name in the catalog's other queries: arguments, and fields of models."""
    for query in guess.place.catalog.queries.values():
        signature = query.signature
        argument = signature.arguments.get(name)
        if argument and argument.value:
            yield argument.value
        models = [each.model for each in signature.arguments.values() if each.model]
        models += [signature.result.model] if signature.result.model else []
        for model in models:
            value = field_types(model, signature.dialects).get(name)
            if isinstance(value, ValueType) and inner_model(value) is None:
                yield value
