"""Find constructs that SQLite and PostgreSQL both accept but understand in different ways.

`query.meanings` has the message for each construct. The other modules find them.
Only the statement for PostgreSQL is checked, because its tables have the types.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from sqlglot import exp

from hangar_dal.check.meanings.literals import in_literals
from hangar_dal.check.meanings.numbers import in_numbers
from hangar_dal.check.meanings.precedence import in_precedence
from hangar_dal.check.meanings.statements import in_statement, in_words
from hangar_dal.check.meanings.texts import in_texts
from hangar_dal.check.meanings.types import in_days, in_types
from hangar_dal.check.meanings.units import in_units, in_writes, result_scales, scales
from hangar_dal.check.model import Tables
from hangar_dal.check.sql.bind import bind
from hangar_dal.check.sql.parser_input import place_of
from hangar_dal.check.sql.value_kinds import Kinds
from hangar_dal.check.statement_info import MeaningDifference
from hangar_dal.sqlscan import Dialect

_RULES: Final = (in_types, in_days, in_units, in_numbers, in_texts, in_statement)


def differences(
    text: str, dialect: Dialect, tables: Tables, parameters: Mapping[str, str | None]
) -> Iterator[MeaningDifference]:
    """Yield each difference once, in the order of the text; nothing for SQLite."""
    binding = bind(text, dialect, tables) if dialect == "postgresql" else None
    if binding is None:
        return
    kinds = Kinds(binding, parameters)
    found = {
        MeaningDifference(meaning, place_of(_start(node), text, dialect))
        for node in reversed(binding.nodes)
        for rule in _RULES
        for meaning in rule(node, kinds)
    }
    found |= {MeaningDifference("literal_form", place_of(_start(node), text, dialect)) for node in in_literals(kinds)}
    found |= {MeaningDifference(meaning, place_of(_start(node), text, dialect)) for meaning, node in in_writes(kinds)}
    found |= {MeaningDifference(meaning, at) for meaning, at in in_words(text, dialect)}
    found |= {MeaningDifference("precedence", at) for at in in_precedence(text, dialect)}
    yield from sorted(found, key=lambda each: (each.at, each.meaning))


def decimals(
    text: str, dialect: Dialect, tables: Tables, parameters: Mapping[str, str | None]
) -> tuple[Mapping[str, tuple[int, ...]], tuple[int | None, ...]]:
    """Return the digits after the point that the statement gives to its parameters, and those of its result columns.

    Both are empty for SQLite, and for a statement without Decimals.
    """
    binding = bind(text, dialect, tables) if dialect == "postgresql" else None
    if binding is None:
        return {}, ()
    kinds = Kinds(binding, parameters)
    of_columns = result_scales(kinds)
    return scales(kinds), of_columns if any(places is not None for places in of_columns) else ()


def _start(node: exp.Expr) -> int:
    """Return the offset of the node in the parser's input: the lowest known offset of its parts, or 0."""
    return min((part.meta["start"] for part in node.walk() if "start" in part.meta), default=0)
