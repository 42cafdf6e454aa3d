"""How long the queries of videos take among a million videos, as ratios to the same queries among ten thousand.

    python -m benchmarks.videos [ROWS]     both databases; about an hour for a million videos

Both databases of a kind are open at once and take turns, so that other work of the machine slows both. An owner has a
hundred videos, a rare tag and a rare word have twenty: so only the number of owners, tags and words grows. Of all
videos, a tenth has each popular tag, and a tenth the popular word. There are as many views as videos.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import COMMUNITY, Database, Settings, migrations, open_database, sealing, uuid7, video_views, videos
from hangar_dal.database import Statement
from hangar_dal.videos import NewVideo, Video, VideoStatus, VideoVisibility

MILLION: Final = 1_000_000
BATCH: Final = 5_000
TURNS: Final = 40
AT: Final = datetime(2026, 1, 1, tzinfo=UTC)
USERS: Final = {
    "sqlite": """
INSERT INTO users (id, username, username_fold, email, email_fold, display_name, display_name_fold, user_type,
    hashed_password, created_at, updated_at)
SELECT value, value, value, value || '@x.org', value || '@x.org', value, value, 'LOCAL', 'x',
    '2026-01-01T00:00:00.000000Z', '2026-01-01T00:00:00.000000Z'
FROM json_each(:rows)""",
    "postgresql": """
INSERT INTO users (id, username, username_fold, email, email_fold, display_name, display_name_fold, user_type,
    hashed_password, created_at, updated_at)
SELECT value::uuid, value, value, value || '@x.org', value || '@x.org', value, value, 'LOCAL', 'x',
    '2026-01-01Z', '2026-01-01Z'
FROM json_array_elements_text($1::json)""",
}
VIEWS: Final = {
    "sqlite": """
INSERT INTO video_views (video_id, viewer_id, hour, viewed_at)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 2
FROM json_each(:rows)
WHERE NOT EXISTS (
    SELECT 1 FROM video_views AS seen
    WHERE seen.video_id = value ->> 0 AND seen.viewer_id = value ->> 1 AND seen.hour = value ->> 2
)""",
    "postgresql": """
INSERT INTO video_views (video_id, viewer_id, hour, viewed_at)
SELECT (value ->> 0)::uuid, (value ->> 1)::uuid, (value ->> 2)::timestamptz, (value ->> 2)::timestamptz
FROM json_array_elements($1::json)
ON CONFLICT DO NOTHING""",
}
Call = Callable[["Filled"], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with so many videos, and whom to ask for."""

    db: Database
    random: Random
    owners: list[UUID]
    made: list[UUID]
    middle: Video

    @property
    def owner(self) -> UUID:
        return self.random.choice(self.owners)

    @property
    def video(self) -> UUID:
        return self.random.choice(self.made)

    @property
    def rare(self) -> str:
        return f"rare{self.random.randrange(len(self.made) // 20)}"


async def _write(db: Database, text: str, rows: list[Any]) -> None:
    sent = json.dumps(rows)
    await db.run(Statement("fill", text, writes=True), {"rows": sent} if db.dialect == "sqlite" else [sent])


def _rows(random: Random, owners: list[UUID], number: int) -> Iterator[NewVideo]:
    words = ["".join(random.choices("abcdefghijklmnop", k=7)) for _ in range(20_000)]
    for each in range(number):
        tags = [f"rare{each // 20}", *(tag for tag in ("music", "sport") if random.random() < 0.1)]
        common = ["popular"] if random.random() < 0.1 else []
        yield NewVideo(
            owner_id=owners[each % len(owners)],
            title=" ".join([*random.choices(words, k=4), f"word{each // 20}", *common]),
            description=" ".join(random.choices(words, k=10)),
            language=random.choice(["en", "de", "fr", "es", "hi"]),
            category=f"category {random.randrange(10)}",
            tags=tags,
            duration_ms=1000,
            status=VideoStatus.READY,
            visibility=VideoVisibility.PUBLIC,
            published_at=AT + timedelta(seconds=each),
        )


async def _fill(db: Database, number: int) -> Filled:
    random = Random(1)
    owners = [uuid7() for _ in range(number // 100)]
    for start in range(0, len(owners), BATCH):
        await _write(db, USERS[db.dialect], [str(each) for each in owners[start : start + BATCH]])
    rows, begun = _rows(random, owners, number), perf_counter()
    made: list[UUID] = []
    while batch := list(islice(rows, BATCH)):
        await videos.import_videos(db, batch, batch_size=500)
        made += [row.id for row in batch]
    print(f"  imported {number} videos, {number / (perf_counter() - begun):.0f} a second", flush=True)
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    for batch_number in range(max(1, number // BATCH)):
        hour = (now - timedelta(hours=batch_number % 150)).strftime("%Y-%m-%dT%H:00:00.000000Z")
        pairs = {(str(random.choice(made)), str(random.choice(owners))) for _ in range(min(number, BATCH))}
        await _write(db, VIEWS[db.dialect], [(*pair, hour) for pair in pairs])
    await db.run(Statement("analyze", "ANALYZE", writes=True), {} if db.dialect == "sqlite" else [])
    await video_views.refresh_trends(db)
    return Filled(db, random, owners, made, await videos.get_video(db, made[number // 2]))


CALLS: Final[dict[str, Call]] = {
    "a video for a viewer": lambda at: videos.find_visible_video(at.db, at.video, viewer_id=at.owner),
    "20 videos with owner, renditions and views": lambda at: videos.get_video_details(
        at.db, [at.video for _ in range(20)]
    ),
    "videos of an owner": lambda at: videos.list_videos_of_owner(at.db, at.owner),
    "READY videos of an owner": lambda at: videos.list_videos_of_owner(at.db, at.owner, status=VideoStatus.READY),
    "videos of an owner for a viewer": lambda at: videos.list_visible_videos_of_owner(
        at.db, at.owner, viewer_id=at.owner
    ),
    "newest": lambda at: videos.list_public_videos(at.db, viewer_id=at.owner),
    "newest, a page in the middle": lambda at: videos.list_public_videos(at.db, viewer_id=at.owner, after=at.middle),
    "newest of a language and a category": lambda at: videos.list_public_videos(
        at.db, language="hi", category="category 7", after=at.middle
    ),
    "newest of a popular tag": lambda at: videos.list_public_videos(at.db, any_tags=["music"], after=at.middle),
    "newest of a rare tag": lambda at: videos.list_public_videos(at.db, any_tags=[at.rare]),
    "newest of any of three tags": lambda at: videos.list_public_videos(at.db, any_tags=["music", "sport", at.rare]),
    "newest of two popular tags": lambda at: videos.list_public_videos(at.db, all_tags=["music", "sport"]),
    "newest of a popular and a rare tag": lambda at: videos.list_public_videos(at.db, all_tags=["music", at.rare]),
    "search: a rare word": lambda at: videos.search_videos(at.db, at.rare.replace("rare", "word")),
    "search: a popular and a rare word": lambda at: videos.search_videos(
        at.db, f"popular {at.rare.replace('rare', 'word')}"
    ),
    "search: a word of a tenth of all videos": lambda at: videos.search_videos(at.db, "popular"),
    "trending": lambda at: video_views.list_trending_videos(at.db, viewer_id=at.owner),
    "count views": lambda at: video_views.count_views(at.db, at.video),
    "record a view": lambda at: video_views.record_view(at.db, at.video, viewer_id=at.owner),
    "change a title": lambda at: videos.update_video(at.db, at.video, title=f"new {at.rare}"),
    "remove a video": lambda at: videos.remove_video(at.db, at.video),
    "delete 500 old views": lambda at: video_views.delete_old_views(
        at.db, before=datetime.now(UTC) - timedelta(hours=50), batch_size=500
    ),
    "refresh trends (reads all counts of the days)": lambda at: video_views.refresh_trends(at.db),
}


async def _timed(call: Call, places: tuple[Filled, Filled]) -> list[float]:
    """The median of each, in turns."""
    times: list[list[float]] = [[], []]
    for turn in range(TURNS + 3):
        for place, taken in zip(places, times, strict=True):
            begun = perf_counter()
            await call(place)
            if turn >= 3:  # warm by then
                taken.append(perf_counter() - begun)
            if sum(taken) > 20:
                break
    return [median(taken) for taken in times]


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Database]:
    await asyncio.to_thread(migrations.apply, url, catalog=COMMUNITY)
    settings = Settings(database_url=SecretStr(url), sealing_keys=SecretStr(sealing.new_key()))
    async with open_database(settings, catalog=COMMUNITY) as db:
        yield db


async def _measure(name: str, urls: Sequence[str], number: int) -> None:
    print(name, flush=True)
    async with AsyncExitStack() as stack:
        few, many = [await stack.enter_async_context(_open(url)) for url in urls]
        places = (await _fill(few, number // 100), await _fill(many, number))
        for what, call in CALLS.items():
            small, large = await _timed(call, places)
            print(f"  {what}: {large / small:.2f} ({large * 1e3:.2f} ms)", flush=True)


async def main(number: int) -> None:
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    import with_postgres  # pyright: ignore[reportMissingImports]  # noqa: PLC0415  (only then are its packages needed)

    with TemporaryDirectory(prefix="hangar-benchmark-") as directory:
        urls = [f"sqlite:///{Path(directory, f'{size}.db')}" for size in ("few", "many")]
        await _measure("SQLite", urls, number)
    with with_postgres.server() as server, server.database("few") as few, server.database("many") as many:
        del few, many
        await _measure("PostgreSQL", (server.url("few"), server.url("many")), number)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else MILLION))
