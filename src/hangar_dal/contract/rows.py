"""Whether many rows come in one order only. Stands above `reading` and `place`; `orders` tells by the keys."""

from collections.abc import Iterator

from hangar_dal.contract.place import found
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.variants import CheckedVariant
from hangar_dal.finding import Finding


def compare_order(checked: CheckedVariant, reading: Reading) -> Iterator[Finding]:
    """Rows that may come in another order the next time, or of which another one may be the first."""
    if reading.ties is None:
        return
    rule = "list-unordered" if checked.query.signature.result.shape in ("list", "stream") else "row-ordered"
    message = f"the ORDER BY leaves ties: it holds no unique NOT NULL key of {' and '.join(reading.ties)}"
    at = next((token.start for token in checked.variant.tokens[::-1] if token.text.upper() == "ORDER"), None)
    yield found(checked, rule, message, "end it with the primary key", at=at)
