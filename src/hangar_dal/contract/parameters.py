"""What a call sends against what the databases and their tables take. Stands above `reading`.

PostgreSQL infers a type for every parameter; SQLite for none. Where a parameter meets a column, the column's kind on
PostgreSQL is held against the SQLite twin too.
"""

from collections.abc import Iterator, Mapping

from hangar_dal.contract.comparing import compares
from hangar_dal.contract.facts import Described, TableColumn, Tables
from hangar_dal.contract.kinds import spoken, takes, values_of
from hangar_dal.contract.place import found, parameter_at
from hangar_dal.contract.reading import Meeting, Reading
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.finding import Finding
from hangar_dal.query.sources import Source, Unresolved, resolve
from hangar_dal.sqlblock import Condition


def compare_parameters(
    checked: CheckedVariant, described: Described, reading: Reading, tables: Tables, twin: Tables | None
) -> Iterator[Finding]:
    """Kinds, values that a table refuses, None where a table refuses it."""
    sent = _sources(checked)
    for name, kind in described.parameters.items():
        source = sent.get(name)
        if source is None and name in {place.name for place in checked.variant.parameters}:
            continue  # found without a database
        if source is None:
            message = f"{checked.block.dialect} reads a parameter :{name} where the file has none"
            yield found(checked, "parameter-unknown", message, "put spaces around the colon")
        elif kind is not None and not takes(kind, source.kind):
            message = f":{name} is {spoken(source.kind)} by the signature, and PostgreSQL takes it for {spoken(kind)}"
            fix = "change the annotation, or compare the column that is meant"
            yield found(checked, "parameter-kind", message, fix, at=parameter_at(checked, name))
    if reading.compares_null:
        message = "what is compared with NULL is never found"
        yield found(checked, "none-compared", message, "write IS NULL, or IS NOT NULL", at=_null_at(checked))
    for met in (each for each in reading.meetings if each.taken is None):
        source, column = sent.get(met.parameter) if met.parameter else None, tables.columns[met.table][met.column]
        if source is not None and checked.block.dialect == "sqlite" and twin is not None:
            yield from _against_the_twin(checked, met, source, twin)
        yield from _values(checked, met, column, source)
        yield from _none(checked, met, column, source)
        yield from _compared(checked, met, source)


def _sources(checked: CheckedVariant) -> Mapping[str, Source]:
    sources: dict[str, Source] = {}
    for place in checked.variant.parameters:
        try:
            sources.setdefault(place.name, resolve(place.name, place.line, checked.query.signature))
        except Unresolved:  # found without a database
            continue
    return sources


def _against_the_twin(checked: CheckedVariant, met: Meeting, source: Source, twin: Tables) -> Iterator[Finding]:
    column, kind = twin.columns.get(met.table, {}).get(met.column), source.kind
    if column is not None and not takes(column.kind, kind):
        message = f":{source.name} is {spoken(kind)} by the signature, and {met.table}.{column.name} is "
        message += f"{spoken(column.kind)} on PostgreSQL"
        fix = "compare with the column that is meant, or change the annotation"
        yield found(checked, "parameter-kind", message, fix, at=parameter_at(checked, source.name))


def _values(checked: CheckedVariant, met: Meeting, column: TableColumn, source: Source | None) -> Iterator[Finding]:
    allowed, where = column.allowed, f"{met.table}.{met.column}"
    given = (met.text,) if met.text is not None else values_of(source.value) if source and not source.derived else ()
    refused = [value for value in given if value not in allowed] if allowed else []
    if not refused or (met.text is not None and not met.written and not met.bare):
        return  # `size = coalesce(:size, '')` means the text to be none of them
    does = "refuses" if met.written else "never is"
    what = f"'{met.text}'" if met.text is not None else f":{met.parameter} may be {', '.join(refused)}, which"
    message = f"{what}: {where} {does} it" if met.text is not None else f"{what} {where} {does}"
    at = parameter_at(checked, met.parameter) if met.parameter else _text_at(checked, met.text or "")
    fix = f"its CHECK allows {', '.join(allowed)}: change the type, or the rule in a migration"
    yield found(checked, "value-refused", message, fix, at=at)


def _text_at(checked: CheckedVariant, text: str) -> int | None:
    return next((token.start for token in checked.variant.tokens if token.text == f"'{text}'"), None)


def _none(checked: CheckedVariant, met: Meeting, column: TableColumn, source: Source | None) -> Iterator[Finding]:
    if not met.written or not met.bare or column.nullable:
        return
    if met.parameter is None and met.text is None:
        message = f"NULL is written to {met.table}.{met.column}, which is NOT NULL"
        yield found(checked, "none-refused", message, "write a value, or leave it as it is", at=_null_at(checked))
    elif source is not None and _may_be_none(checked, source):
        message = f":{source.name} may be None, and {met.table}.{met.column} is NOT NULL"
        fix = "take `| None` from the annotation, or write COALESCE(...)"
        yield found(checked, "none-refused", message, fix, at=parameter_at(checked, source.name))


def _null_at(checked: CheckedVariant) -> int | None:
    return next((token.start for token in checked.variant.tokens if token.text.upper() == "NULL"), None)


def _compared(checked: CheckedVariant, met: Meeting, source: Source | None) -> Iterator[Finding]:
    if source is None or met.written or source.is_change or not _may_be_none(checked, source):
        return
    if compares(checked.variant, source.name):
        message = f":{source.name} may be None, and what is compared with NULL is never found"
        fix = f"take `| None` from the annotation, or mark the line `-- when {source.argument}`"
        yield found(checked, "none-compared", message, fix, at=parameter_at(checked, source.name))


def _may_be_none(checked: CheckedVariant, source: Source) -> bool:
    if source.derived == "is_set" or source.value is None or not source.value.optional or source.name == "now":
        return False
    return all(condition.argument != source.argument for condition in _conditions_at(checked, source.name))


def _conditions_at(checked: CheckedVariant, name: str) -> Iterator[Condition]:
    for place in checked.variant.parameters:
        if place.name == name:
            yield from place.line.conditions
