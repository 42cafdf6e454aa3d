"""Find the source of each parameter of a checked statement, and the type with which it is sent to PostgreSQL."""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from hangar_dal.check.statement_info import SentAs
from hangar_dal.check.statements.variants import CheckedVariant
from hangar_dal.database.postgresql.sent import sent_type
from hangar_dal.query.sources import ParameterSource, Unresolved, resolve
from hangar_dal.sqlblock import Condition
from hangar_dal.sqlscan import Kind


def sources(checked: CheckedVariant) -> Mapping[str, ParameterSource]:
    """Return the sources by parameter. Omits parameters without a source, which `parameter-unknown` reports."""
    by_name: dict[str, ParameterSource] = {}
    for place in checked.variant.parameters:
        try:
            by_name.setdefault(place.name, resolve(place.name, place.line, checked.query.signature))
        except Unresolved:
            continue
    return by_name


def sent(checked: CheckedVariant) -> tuple[SentAs, ...]:
    """Return how the driver sends each parameter to PostgreSQL. On SQLite, the types are those of PostgreSQL too."""
    return tuple(
        SentAs(
            name,
            sent_type(source.kind, name, checked.block.all_lines),
            _is_sent_as_null(checked, source),
            _may_hold_none(source),
        )
        for name, source in sources(checked).items()
    )


def may_be_none(checked: CheckedVariant, source: ParameterSource) -> bool:
    """Return whether a caller can pass None for the source when this statement runs."""
    if source.derived == "is_set" or not source.optional or source.name == "now":
        return False
    return all(condition.argument != source.argument for condition in _conditions_at(checked, source.name))


def is_converted(checked: CheckedVariant, name: str) -> bool:
    """Return whether each use of the parameter is converted: `CAST(:name AS inet)` or `:name::inet`."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    behind = [after for token, after in pairwise([*code, None]) if token and token.text == f":{name}"]
    return all(after is not None and after.text.upper() in ("AS", "::") for after in behind)


def _is_sent_as_null(checked: CheckedVariant, source: ParameterSource) -> bool:
    """Return whether the parameter may be sent as NULL. A PATCH field that is left out is sent as NULL too."""
    return may_be_none(checked, source) or source.is_change


def _may_hold_none(source: ParameterSource) -> bool:
    item = source.value.item if source.value is not None and not source.derived else None
    return item is not None and item.optional


def _conditions_at(checked: CheckedVariant, name: str) -> Iterator[Condition]:
    for place in checked.variant.parameters:
        if place.name == name:
            yield from place.line.conditions
