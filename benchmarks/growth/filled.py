"""A filled database, and whom and what to ask it for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from benchmarks.growth.filling import COMMENT, USER, VIDEO, id_of
from hangar_dal import Database


@dataclass(frozen=True)
class Filled:
    """A database with so many rows of each kind. What is random is the same in each run."""

    db: Database
    rows: int
    random: Random
    middle: dict[str, Any] = field(default_factory=dict)
    """The last row of a page in the middle of each long list: the next page begins deep inside."""

    @property
    def users(self) -> int:
        return self.rows // 10

    def user(self, number: int | None = None) -> UUID:
        """One of those that have as many rows as most others, or the one with this number."""
        return id_of(USER, self.random.randrange(11, self.users) if number is None else number)

    def video(self, number: int | None = None) -> UUID:
        """A video that everybody sees, or the one with this number."""
        return id_of(VIDEO, self._number(1) if number is None else number)

    def comment(self, number: int | None = None) -> UUID:
        """A comment with nine others in its tree, or the one with this number."""
        return id_of(COMMENT, self._number(0) if number is None else number)

    def rare(self) -> str:
        """What ends the tag and the word that only twenty videos have. No other number begins with it."""
        return str(self.random.randrange(self.rows // 200, self.rows // 20))

    def _number(self, last_digit: int) -> int:
        return self.random.randrange(self.rows // 50, self.rows // 10) * 10 + last_digit


Call = Callable[[Filled], Awaitable[object]]
Calls = Mapping[str, Call]
Find = Callable[[Filled], Awaitable[None]]
