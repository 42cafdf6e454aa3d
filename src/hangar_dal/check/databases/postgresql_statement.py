"""A statement as it is sent to PostgreSQL, and errors with the parameter names and the offsets of the SQL file."""

import re
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final

from psycopg.pq import DiagnosticField

from hangar_dal.check.statement_info import PrepareError, SentAs
from hangar_dal.sqlblock import Variant

if TYPE_CHECKING:
    from psycopg.pq.abc import PGresult

_INDETERMINATE: Final = b"42P18"
# undefined_function, ambiguous_function and datatype_mismatch
_OF_TYPES: Final = frozenset({b"42883", b"42725", b"42804"})
_NUMBERED: Final = re.compile(r"\$([0-9]+)")


class SentStatement:
    """A statement with `$1` for the first of its `names` and so on, and the types that the driver sends."""

    def __init__(self, variant: Variant, sent: Sequence[SentAs]) -> None:
        self.variant = variant
        self.names = list(dict.fromkeys(parameter.name for parameter in variant.parameters))
        self.text = variant.rewritten(lambda name: f"${self.names.index(name) + 1}")
        self.types = {each.name: each.type for each in sent}
        self.nullable = [each.name for each in sent if each.may_be_none]

    def suspects(self) -> Iterator[tuple[str, ...]]:
        """Yield the parameters whose types may cause the error: each parameter, each pair, then all of them."""
        typed = [name for name in self.names if self.types.get(name)]
        yield from combinations(typed, 1)
        yield from combinations(typed, 2)
        if len(typed) > 2:
            yield tuple(typed)


def refusal_of(result: "PGresult", asked: SentStatement) -> PrepareError:
    """Return the server's error with the parameter names and the offset of the SQL file."""
    variant, text, names = asked.variant, asked.text, asked.names
    said = [result.error_field(field) for field in (DiagnosticField.MESSAGE_PRIMARY, DiagnosticField.MESSAGE_HINT)]
    reason = "; ".join(part.decode() for part in said if part)
    position = result.error_field(DiagnosticField.STATEMENT_POSITION)
    numbers = [int(number) for number in _NUMBERED.findall(reason) if 0 < int(number) <= len(names)]
    offset = None
    if position:  # counts characters from 1
        offset = _in_original(int(position) - 1, variant, text)
    elif numbers:
        offset = next(found.start for found in variant.parameters if found.name == names[numbers[0] - 1])
    is_untyped = result.error_field(DiagnosticField.SQLSTATE) == _INDETERMINATE and numbers
    sent_as = [f":{name} is sent as {of}" for name, of in asked.types.items() if of]
    if sent_as and result.error_field(DiagnosticField.SQLSTATE) in _OF_TYPES:
        reason = f"{reason} ({', '.join(sent_as)})"
    untyped = names[numbers[0] - 1] if is_untyped else ""
    return PrepareError(_NUMBERED.sub(lambda found: _named(found, names), reason), offset, untyped)


def conflict_at(variant: Variant) -> int | None:
    return next((token.start for token in variant.tokens if token.text.upper() == "CONFLICT"), None)


def _named(found: re.Match[str], names: list[str]) -> str:
    number = int(found[1])
    return f":{names[number - 1]}" if 0 < number <= len(names) else found[0]


def _in_original(offset: int, variant: Variant, rewritten: str) -> int:
    """Return the offset in the text of the file for an offset in the text with `$1`."""
    shift = 0
    for parameter in variant.parameters:
        start = parameter.start + shift
        found = _NUMBERED.search(rewritten, start)  # there may be a space before the `$`
        if offset < start or found is None:
            break
        if offset < found.end():
            return parameter.start
        shift = found.end() - parameter.end
    return offset - shift
