"""Random choices that repeat: skewed counts, keys of instants, and who does something with whom."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Final
from uuid import UUID

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_ZIPF: Final = 0.9


def shares(places: int, total: float) -> Iterator[int]:
    """How many of `total` each place gets, by Zipf's law: the first place gets most, the last ones mostly none."""
    weights = [(place + 1) ** -_ZIPF for place in range(places)]
    scale, before = total / sum(weights), 0
    for reached in accumulate(weights):
        yield int(reached * scale) - before
        before = int(reached * scale)


class Chance(Random):
    """One for each table, from the seed and the table's name."""

    def __init__(self, seed: int, table: str) -> None:
        super().__init__(f"{seed} {table}")

    def key(self, at: datetime) -> UUID:
        """A UUIDv7 of this instant."""
        bits = self.getrandbits(74)
        high = ((at - _EPOCH) // _MILLISECOND) << 16 | 0x7000 | bits >> 62
        return UUID(int=high << 64 | 0x8 << 60 | bits & (1 << 62) - 1)

    def between(self, start: datetime, end: datetime, *, early: float = 1) -> datetime:
        """An instant from `start` on and before `end`; the greater `early`, the nearer to `start`."""
        return start + (end - start) * self.random() ** early

    def skewed(self, places: int) -> int:
        """A place; the first tenth is chosen in nearly half of all cases."""
        return int(places * self.random() ** 3)

    def distinct(self, places: int, number: int) -> list[int]:
        """So many different places, or half of all if there are not enough."""
        return self.sample(range(places), min(number, places // 2))
