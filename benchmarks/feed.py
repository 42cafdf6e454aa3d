"""How much longer the feed of somebody who follows 5,000 users takes than that of somebody who follows 50.

    python -m benchmarks.feed [VIDEOS]     some minutes for 500,000 videos, on both databases

There are 100,000 users. Half of them have published long ago: they have the oldest tenth of all videos. The others have
the rest, some of them much more than others. Readers follow users of one kind, or of both.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from random import Random
from typing import Final
from uuid import UUID

from benchmarks.growth.filling import START, USER, fill, id_of
from benchmarks.growth.measuring import medians
from benchmarks.growth.places import PLACES, opened
from hangar_dal import COMMUNITY, Database, builders, migrations, social
from hangar_dal.videos import Video

VIDEOS: Final = 500_000
USERS, OLD = 100_000, 50_000
READERS: Final = 3
FEW, MANY = 50, 5_000
PAGES: Final = (1, 2)
TURNS: Final = 40
# Whom a reader may follow, by number: the lower the number, the more they publish.
KINDS: Final[dict[str, Callable[[Random, int], list[int]]]] = {
    "any users": lambda random, many: random.sample(range(USERS), many),
    "users who publish much": lambda random, many: random.sample(range(10_000), many),
    "users who published long ago": lambda random, many: random.sample(range(OLD, USERS), many),
    "one who publishes, others long ago": lambda random, many: [1_000, *random.sample(range(OLD, USERS), many - 1)],
}
Page = tuple[UUID, Video | None]


async def follow(db: Database) -> dict[tuple[str, int], list[UUID]]:
    """The readers of each kind, who follow so many."""
    random, reader = Random(1), USERS
    readers: dict[tuple[str, int], list[UUID]] = {}
    rows = []
    for kind, sample in KINDS.items():
        for many in (FEW, MANY):
            for _ in range(READERS):
                me = id_of(USER, reader)
                reader += 1
                readers.setdefault((kind, many), []).append(me)
                rows += [
                    builders.follow(follower=me, followed=id_of(USER, number), created_at=START)
                    for number in sample(random, many)
                ]
    await social.import_follows(db, rows)
    return readers


async def find_page(db: Database, reader: UUID, page: int) -> Page:
    """The reader, with the last video of the page before this one."""
    after: Video | None = None
    for _ in range(page - 1):
        found = await social.list_followed_videos(db, reader, after=after)
        after = found[-1] if found else after
    return reader, after


def feeds(db: Database, pages: list[Page]) -> Callable[[], Awaitable[object]]:
    async def read() -> None:
        for reader, after in pages:
            await social.list_followed_videos(db, reader, after=after)

    return read


async def measure(url: str, videos: int) -> dict[tuple[str, int], float]:
    found: dict[tuple[str, int], float] = {}
    async with opened(url, COMMUNITY, videos) as db:
        readers = await follow(db)
        for kind in KINDS:
            for page in PAGES:
                pages = [[await find_page(db, me, page) for me in readers[kind, many]] for many in (FEW, MANY)]
                few, many = await medians([feeds(db, each) for each in pages], [db], TURNS)
                found[kind, page] = many / few
                milliseconds = f"{few * 1e3 / READERS:.2f}, {many * 1e3 / READERS:.2f} ms"
                print(f"{kind}, page {page}: {many / few:.2f} ({milliseconds})", file=sys.stderr, flush=True)
    return found


def main(videos: int) -> None:
    cells: dict[tuple[str, int], list[str]] = {}
    for place in PLACES.values():
        with place(("feed",)) as [url]:
            migrations.apply(url, catalog=COMMUNITY)
            fill(url, ("feed.sql", "derived.sql"), videos, authors=USERS, old_videos=videos // 10)
            for key, ratio in asyncio.run(measure(url, videos)).items():
                cells.setdefault(key, []).append(f"{ratio:.1f}")
    print(f"| Who is followed | Page | {' | '.join(PLACES)} |\n|---|---|---|---|")
    for (kind, page), ratios in cells.items():
        print(f"| {kind} | {page} | {' | '.join(ratios)} |")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VIDEOS)
