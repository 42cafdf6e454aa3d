"""A filled database, and whom and what to ask it for."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final
from uuid import UUID

from benchmarks.growth.filling import COMMENT, USER, VIDEO, id_of
from hangar_dal import Database

ASKED: Final = 50  # users, videos, comments, tags and words


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
        """Return the id of a user with about as many rows as most users have, or of the user with this number."""
        return id_of(USER, self._asked(11, self.users) if number is None else number)

    def video(self, number: int | None = None) -> UUID:
        """A video that everybody sees, or the one with this number."""
        return id_of(VIDEO, self._asked(self.rows // 50, self.users) * 10 + 1 if number is None else number)

    def comment(self, number: int | None = None) -> UUID:
        """A comment with nine others in its tree, or the one with this number."""
        return id_of(COMMENT, self._asked(self.rows // 50, self.users) * 10 if number is None else number)

    def other_user(self) -> UUID:
        return id_of(USER, self._not_asked(11, self.users))

    def other_video(self) -> UUID:
        """One that no query asks for, to be changed."""
        return id_of(VIDEO, self._not_asked(self.rows // 50, self.users) * 10 + 1)

    def other_comment(self) -> UUID:
        return id_of(COMMENT, self._not_asked(self.rows // 50, self.users) * 10)

    def rare(self) -> str:
        """What ends the tag and the word that only twenty videos have. No other number begins with it."""
        return str(self._asked(self.rows // 200, self.rows // 20))

    def _asked(self, first: int, end: int) -> int:
        """As many in a small database as in a large one, all over it: so they are in memory in both."""
        return first + self.random.randrange(ASKED) * ((end - first) // ASKED)

    def _not_asked(self, first: int, end: int) -> int:
        return self._asked(first, end) + self.random.randrange(1, max(2, (end - first) // ASKED))


Call = Callable[[Filled], Awaitable[object]]
Calls = Mapping[str, Call]
Find = Callable[[Filled], Awaitable[None]]
