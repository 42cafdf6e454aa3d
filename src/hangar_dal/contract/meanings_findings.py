"""Equal blocks whose text means something else to each database. Builds on `reading` and `locations`; no parser."""

from collections.abc import Iterator
from itertools import pairwise

from hangar_dal.contract.locations import finding_at
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.query.meanings import MEANINGS
from hangar_dal.query.sources import Unresolved, resolve
from hangar_dal.rules import Finding
from hangar_dal.sqlblock import Parameter
from hangar_dal.sqlscan import Kind


def compare_meanings(checked: CheckedVariant, reading: Reading) -> Iterator[Finding]:
    """Blocks that say why they differ are left alone, unless PostgreSQL raises an error whatever SQLite does."""
    if checked.block.dialect == "sqlite":
        return
    for difference in reading.differences:
        if checked.block.differs and difference.meaning != "many_as_one":
            continue
        meaning = MEANINGS[difference.meaning]
        yield finding_at(checked, "meaning-differs", meaning.message, meaning.instead, at=difference.at)
    for parameter in () if checked.block.differs else _counts(checked):
        if _may_be_none(checked, parameter):
            meaning = MEANINGS["limit"]
            message = f":{parameter.name} may be None. {meaning.message}"
            yield finding_at(checked, "meaning-differs", message, meaning.instead, at=parameter.start)


def _counts(checked: CheckedVariant) -> Iterator[Parameter]:
    """Arguments directly after LIMIT or OFFSET."""
    code = [token for token in checked.variant.tokens if token.kind is not Kind.COMMENT]
    places = {token.start for before, token in pairwise(code) if before.text.upper() in ("LIMIT", "OFFSET")}
    return (parameter for parameter in checked.variant.parameters if parameter.start in places)


def _may_be_none(checked: CheckedVariant, parameter: Parameter) -> bool:
    try:
        source = resolve(parameter.name, parameter.line, checked.query.signature)
    except Unresolved:  # found without a database
        return False
    conditional = {condition.argument for condition in parameter.line.conditions}
    return source.value is not None and source.value.optional and source.argument not in conditional
