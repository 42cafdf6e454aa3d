"""What has happened in a random walk so far, so that its calls meet: few users, few videos and few words.

What to call, and with which ids, is decided before a database is asked. It is the same for one seed.
"""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from hangar_dal import Database, User, videos
from hangar_dal.comments import Comment
from hangar_dal.notifications import Notification
from hangar_dal.reports import Report
from hangar_dal.shares import Share
from hangar_dal.videos import Video
from tests.helpers.clock import Clock

Call = Callable[[Database], Awaitable[Any]]
T = TypeVar("T")

# Words of several scripts, with letters that fold to others, marks, digits and scripts without spaces.
WORDS = (
    "fly", "flight", "Flying", "FLIGHT-7", "x_y", "don't", "a", "Straße", "STRASSE", "café", "cafe\u0301", "İstanbul",
    "ΟΔΟΣ", "οδός",
    "Ёлка", "елка", "שלום", "سلام", "नमस्ते", "नम", "한국어", "東京タワー", "東京", "タワー", "สวัสดี", "🚀", "1.5",
)  # fmt: skip
TAGS = videos.fold_tags(["air", "Sea", "LAND", "日本", "straße", "new york"])
LANGUAGES = ("en", "de-CH", "ja", None)
CATEGORIES = ("news", "music", "Музыка", None)


@dataclass
class History:
    """The ids of what was stored, and random choices among them."""

    chance: random.Random
    clock: Clock
    user_ids: list[UUID] = field(default_factory=list)
    video_ids: list[UUID] = field(default_factory=list)
    comment_ids: list[UUID] = field(default_factory=list)
    share_ids: list[UUID] = field(default_factory=list)
    event_ids: list[UUID] = field(default_factory=list)
    report_ids: list[UUID] = field(default_factory=list)

    def fresh(self, ids: list[UUID]) -> UUID:
        """A new id; now and then one that was used before."""
        if ids and self.chance.random() < 0.03:
            return self.chance.choice(ids)
        return UUID(int=self.chance.getrandbits(128))

    def learn(self, value: object) -> None:
        """Remember the id of what a call has stored."""
        match value:
            case User():
                ids, made = self.user_ids, value.id
            case Video():
                ids, made = self.video_ids, value.id
            case Comment():
                ids, made = self.comment_ids, value.id
            case Share():
                ids, made = self.share_ids, value.id
            case Report():
                ids, made = self.report_ids, value.id
            case Notification():
                ids, made = self.event_ids, value.event_id
            case _:
                return
        if made not in ids:
            ids.append(made)

    def known(self, ids: list[UUID]) -> UUID:
        """One of these, mostly an early one, so that some have much; now and then one that nothing has."""
        if not ids or self.chance.random() < 0.02:
            return UUID(int=self.chance.getrandbits(128))
        return ids[int(len(ids) * self.chance.random() ** 2)]

    def user(self) -> UUID:
        return self.known(self.user_ids)

    def two_users(self) -> tuple[UUID, UUID]:
        """Mostly two different ones."""
        one, other = self.user(), self.user()
        return (one, other) if one != other else (one, self.user())

    def text(self, most: int = 4) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, most)))

    def json(self) -> dict[str, Any]:
        values = [None, True, 0, -0.0, 1.5, 2**53, "Ё", [], [1, {"a": None}], {}]
        return {key: self.chance.choice(values) for key in self.chance.sample(["a", "ж", "a.b", ""], 2)}

    def some(self, *options: T) -> T:
        return self.chance.choice(options)

    def one_of(self, *calls: Call) -> Call:
        return self.chance.choice(calls)
