"""Compare the decimal places of annotations with those of numeric columns, which SQLite stores as integers."""

from collections.abc import Iterator, Mapping
from typing import Final

from hangar_dal.check.model import TableColumn
from hangar_dal.check.statement_info import ColumnUse, ResultColumn, StatementInfo
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.check.storage_types import ADVICE, places_of, spoken
from hangar_dal.database.stored import scale_of
from hangar_dal.query.sources import ParameterSource
from hangar_dal.rules import Problem

_WHY: Final = "SQLite stores it as an integer of its smallest unit"


def other_scale(checked: CheckedVariant, column: TableColumn, kind: str) -> Problem | None:
    """Return the problem of a value beside a numeric column, whose name is `{}`; None if there is none."""
    if "sqlite" not in checked.query.dialects or column.kind.removeprefix("list:") != "numeric":
        return None
    places = scale_of(column.narrow)
    if places is None:
        return Problem("is a number, and {} is numeric without a limit of at most 18 digits", ADVICE["numeric"])
    if places_of(kind) == places:
        return None
    return Problem(f"is {spoken(kind)}, and {{}} is {column.narrow}: {_WHY}", _fix(places))


def scale_in_statement(given: str, places: int) -> Problem | None:
    """Return the problem of a value of the kind `given` where the statement has so many digits after the point."""
    if places_of(given) in (None, places):
        return None
    return Problem(f"is {spoken(given)}, and the statement has one with decimal_places={places}: {_WHY}", _fix(places))


def other_scales(
    checked: CheckedVariant, info: StatementInfo, givers: Mapping[str, ParameterSource], columns: Mapping[str, set[int]]
) -> Iterator[tuple[str, Problem]]:
    """Yield the parameters that have another scale than the statement gives them, apart from those of `columns`.

    `columns` are the scales of the columns that a parameter is compared with or written to, which are compared with
    the columns.
    """
    if "sqlite" not in checked.query.dialects:
        return
    for name in sorted(info.scales.keys() & givers.keys()):
        for places in sorted({*info.scales[name]} - columns.get(name, set())):
            if problem := scale_in_statement(givers[name].kind, places):
                yield name, problem


def scale_of_result(info: StatementInfo, column: ResultColumn) -> int | None:
    """Return the digits after the point of an expression in the result; None if they are unknown."""
    place = next((at for at, each in enumerate(info.columns) if each is column), None)
    return info.result_scales[place] if place is not None and info.result_scales else None


def scales_of_columns(
    uses: tuple[ColumnUse, ...], columns: Mapping[str, Mapping[str, TableColumn]]
) -> dict[str, set[int]]:
    """Return the scales of the columns that each parameter is compared with or written to."""
    found: dict[str, set[int]] = {}
    for use in uses:
        column = columns.get(use.table, {}).get(use.column)
        if column is not None and use.parameter is not None and (places := scale_of(column.narrow)) is not None:
            found.setdefault(use.parameter, set()).add(places)
    return found


def _fix(places: int) -> str:
    return f"annotate it as Annotated[Decimal, Field(max_digits=18, decimal_places={places})]"
