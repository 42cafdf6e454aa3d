"""Whether many rows come in one order only. Stands above `reading` and `place`; `orders` tells by the keys."""

from collections.abc import Iterator

from hangar_dal.contract.finding import Finding
from hangar_dal.contract.place import found
from hangar_dal.contract.reading import Reading
from hangar_dal.contract.variants import CheckedVariant


def compare_order(checked: CheckedVariant, reading: Reading) -> Iterator[Finding]:
    """A list or a stream whose rows may come in another order the next time."""
    if reading.ties is None or checked.query.signature.result.shape not in ("list", "stream"):
        return
    message = f"the ORDER BY leaves ties: it holds no unique NOT NULL key of {' and '.join(reading.ties)}"
    at = next((token.start for token in checked.variant.tokens[::-1] if token.text.upper() == "ORDER"), None)
    yield found(checked, "list-unordered", message, "end it with the primary key", at=at)
