"""The next random call of a walk."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

from hangar_dal import Database
from hangar_dal.errors import ForeignKeyViolation
from tests.community_parity import films, people, talk
from tests.community_parity.history import Call, History

# How often each is called.
WEIGHTS: Final[dict[Callable[[History], Call], float]] = {
    people.create_user: 0.7,
    people.change_user: 1,
    people.end_user: 0.3,
    people.follow: 12,
    people.block: 2.5,
    people.notify: 7,
    people.mark: 8,
    films.create_video: 4,
    films.change_video: 5,
    films.delete_video: 0.3,
    films.view: 8,
    talk.create_comment: 16,
    talk.import_comments: 2,
    talk.change_comment: 3,
    talk.like: 14,
    talk.share: 8,
    talk.report: 7,
}


def start(at: History) -> Iterator[tuple[str, Call]]:
    """A few users and videos, about which the rest happens."""
    for _ in range(6):
        yield "create_user", people.create_user(at)
    for _ in range(2):
        yield "first_video", films.first_video(at)


def step(at: History) -> tuple[str, Call]:
    """Time goes on by nothing as often as not, so that instants meet too."""
    at.clock.advance(timedelta(microseconds=at.some(0, 0, 1, 500_000, 60_000_000)))
    [make] = at.chance.choices(list(WEIGHTS), list(WEIGHTS.values()))
    return make.__name__, without_key(make(at))


def without_key(call: Call) -> Call:
    """The call; SQLite does not say which foreign key of several a statement broke."""

    async def called(db: Database) -> Any:
        try:
            return await call(db)
        except ForeignKeyViolation as error:
            return type(error)

    return called
