"""Lists of videos by key, search, details, and changes."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_dal import Database, builders, users, uuid7, video_views, videos
from hangar_dal.errors import InvalidValue, NotFound, UniqueViolation
from hangar_dal.videos import NewVideo, Video, VideoStatus
from hangar_dal_pytest import HangarQueries
from tests.helpers.clock import Clock
from tests.helpers.community import person, video


async def crowd(database: Database, clock: Clock) -> list[Video]:
    """Several at each instant, in two languages and categories, with tags."""
    owner = await person(database)
    made = []
    for index in range(24):
        if index % 3 == 0:
            clock.advance(timedelta(seconds=1))
        tags = [tag for number, tag in enumerate(("air", "sea", "land")) if index % (number + 2) == 0]
        given = {"language": ("en", "de-CH")[index % 2], "category": ("news", "music")[index % 4 // 2]}
        made.append(await video(database, owner.id, title=f"Film {index}", tags=tags, **given))
    return sorted(made, key=lambda each: (each.published_at, each.id), reverse=True)


async def test_the_feed_page_by_page_is_the_sorted_whole(database: Database, clock: Clock) -> None:
    made = await crowd(database, clock)
    cases: list[tuple[dict[str, Any], list[Video]]] = [
        ({}, made),
        ({"language": "en"}, [each for each in made if each.language == "en"]),
        ({"category": "music"}, [each for each in made if each.category == "music"]),
        ({"any_tags": ["air", "sea"]}, [each for each in made if {"air", "sea"} & set(each.tags)]),
        ({"all_tags": ["air", "sea"]}, [each for each in made if {"air", "sea"} <= set(each.tags)]),
        ({"all_tags": ["sea"]}, [each for each in made if "sea" in each.tags]),
        ({"all_tags": ["sea", "none"]}, []),
        (
            {"any_tags": ["air", "sea"], "all_tags": ["land"], "language": "en"},
            [
                each
                for each in made
                if {"air", "sea"} & set(each.tags) and "land" in each.tags and each.language == "en"
            ],
        ),
        (
            {"language": "en", "category": "music"},
            [each for each in made if (each.language, each.category) == ("en", "music")],
        ),
        ({"any_tags": []}, []),
        ({"any_tags": [], "all_tags": ["air"]}, []),
        ({"all_tags": []}, made),
    ]
    for filters, wanted in cases:
        seen: list[Video] = []
        while page := await videos.list_public_videos(database, after=seen[-1] if seen else None, limit=5, **filters):
            seen += page
        assert seen == wanted


async def test_the_videos_of_an_owner_come_by_status_page_by_page(database: Database, clock: Clock) -> None:
    made = sorted(await crowd(database, clock), key=lambda each: (each.created_at, each.id), reverse=True)
    failed = await video(database, made[0].owner_id, status=VideoStatus.FAILED)
    owner = made[0].owner_id
    assert await videos.list_videos_of_owner(database, owner, status=VideoStatus.FAILED) == [failed]
    first = await videos.list_videos_of_owner(database, owner, status=VideoStatus.READY, limit=7)
    rest = await videos.list_videos_of_owner(database, owner, status=VideoStatus.READY, after=first[-1])
    assert first + rest == made
    first = await videos.list_visible_videos_of_owner(database, owner, viewer_id=None, limit=7)
    assert first + await videos.list_visible_videos_of_owner(database, owner, viewer_id=None, after=first[-1]) == made


TEXTS = {
    "Latin": ("Zażółć gęślą jaźń", "zażółć", "gęś"),
    "Greek": ("Οδυσσεύς ταξιδεύει", "ΟΔΥΣΣΕΎΣ", "ταξ"),
    "Cyrillic": ("Ёжик в тумане", "ёжик", "тум"),
    "Armenian": ("Հայաստանի լեռներ", "հայաստանի", "լեռ"),
    "Hebrew": ("שלום עולם", "שלום", "עול"),
    "Arabic": ("مرحبا بالعالم", "مرحبا", "بال"),
    "Devanagari": ("हिन्दी फ़िल्म", "हिन्दी", "फ़ि"),
    "Georgian": ("საქართველოს მთები", "საქართველოს", "მთ"),
    "Hangul": ("서울의 봄", "서울의", "서"),
    "Han": ("東京都の夜", "東京都", "京都"),
    "Katakana": ("カメラテスト", "カメラ", "テス"),
    "Thai": ("ภาพยนตร์ไทย", "ภาพยนตร์", "ไทย"),
}


async def test_search_finds_words_and_prefixes_in_twelve_scripts(database: Database) -> None:
    owner = await person(database)
    made = {script: await video(database, owner.id, title=title) for script, (title, _, _) in TEXTS.items()}
    for script, (_, word, prefix) in TEXTS.items():
        for text in (word, prefix):
            found = await videos.search_videos(database, text)
            assert [each.id for each in found] == [made[script].id], (script, text)


async def test_search_ranks_titles_first_and_pages_by_key(database: Database, clock: Clock) -> None:
    owner = await person(database)
    low = [await video(database, owner.id, description="red car", title=f"a{index}") for index in range(4)]
    clock.advance(timedelta(seconds=1))
    middle = await video(database, owner.id, title="Red one", tags=["car"])
    high = await video(database, owner.id, title="A red car")
    await video(database, owner.id, title="red")
    wanted = [high.id, middle.id, *sorted((each.id for each in low), reverse=True)]
    seen: list[videos.FoundVideo] = []
    while page := await videos.search_videos(database, "RED car", after=seen[-1] if seen else None, limit=2):
        seen += page
    assert [each.id for each in seen] == wanted
    assert [each.matches for each in seen] == [2, 1, 0, 0, 0, 0]
    for text in ("", " ,.;'\"*", "re car x", 'car" OR "red'):
        assert [each.id for each in await videos.search_videos(database, text) if each.id == high.id] == []


async def test_a_change_of_a_text_changes_what_finds_it(database: Database) -> None:
    made = await video(database, (await person(database)).id, title="before", tags=["one"])
    changed = await videos.update_video(database, made.id, title="after", tags=["two"], language=None)
    assert (changed.title, changed.tags, changed.language) == ("after", ["two"], None)
    for text, is_found in (("before", False), ("one", False), ("after", True), ("two", True)):
        assert bool(await videos.search_videos(database, text)) is is_found
    for tag, is_found in (("one", False), ("two", True)):
        assert bool(await videos.list_public_videos(database, any_tags=[tag])) is is_found


async def test_creating_a_video_again_returns_it(database: Database) -> None:
    owner, other = await person(database), await person(database)
    new = builders.video(owner, title="once")
    made = await videos.create_video(database, new)
    assert await videos.create_video(database, new) == made
    with pytest.raises(UniqueViolation):
        await videos.create_video(database, new.model_copy(update={"owner_id": other.id}))
    assert await videos.get_video(database, made.id) == made
    with pytest.raises(NotFound):
        await videos.get_video(database, uuid7())


async def test_an_import_stores_all_values_and_an_export_returns_them(database: Database) -> None:
    owner = await person(database)
    rows = [builders.video(owner, tags=["a", "b"], metadata={"n": index}) for index in range(7)]
    assert await videos.import_videos(database, rows, batch_size=3) == 7
    assert await videos.import_videos(database, rows, batch_size=3) == 0
    async with videos.stream_videos(database) as stream:
        exported = [each async for each in stream]
    fields = set(NewVideo.model_fields)
    assert [each.model_dump(include=fields) for each in exported] == [each.model_dump() for each in rows]
    for each in rows:
        stored = await videos.create_video(database, each)
        assert stored.metadata == each.metadata


async def test_details_have_owner_renditions_and_views(database: Database) -> None:
    owner = await person(database)
    first, second = await video(database, owner.id), await video(database, owner.id)
    renditions = [builders.rendition(name=name, height=height) for name, height in (("hd", 720), ("sd", 360))]
    assert await videos.replace_renditions(database, first.id, [*renditions[1:], *renditions[:1]]) == renditions
    assert await videos.replace_renditions(database, second.id, renditions) == renditions
    assert await videos.replace_renditions(database, second.id, []) == []
    await video_views.record_view(database, first.id, viewer_id=owner.id)
    found = await videos.get_video_details(database, [second.id, first.id, uuid7()])
    assert [(each.id, each.renditions, each.views) for each in found] == [(first.id, renditions, 1), (second.id, [], 0)]
    assert {(each.owner.id, each.owner.username) for each in found} == {(owner.id, owner.username)}
    with pytest.raises(NotFound):
        await videos.replace_renditions(database, uuid7(), renditions)


async def test_details_are_one_statement_for_one_video_and_for_twenty(
    database: Database, hangar_queries: HangarQueries
) -> None:
    owner = await person(database)
    made = [await video(database, owner.id) for _ in range(20)]
    hd = builders.rendition()
    for each in made:
        await videos.replace_renditions(database, each.id, [hd])
    for wanted in (made[:1], made):
        with hangar_queries(at_most=1):
            found = await videos.get_video_details(database, [each.id for each in wanted])
        assert [(each.owner.id, each.renditions) for each in found] == [(owner.id, [hd])] * len(wanted)


async def test_tags_are_given_as_they_are_stored(database: Database) -> None:
    assert videos.fold_tags(["Straße", "STRASSE", "two words"]) == ["strasse", "two-words"]
    for tags in (["Upper"], ["a", "a"], [""], ["a b"], [str(number) for number in range(31)]):
        with pytest.raises(ValueError, match="tags"):
            NewVideo(owner_id=uuid7(), title="x", tags=tags)
    with pytest.raises(InvalidValue, match=r"^any_tags"):
        await videos.list_public_videos(database, any_tags=["Upper"])
    with pytest.raises(InvalidValue, match=r"^all_tags"):
        await videos.list_public_videos(database, all_tags=["a", "Upper"])


async def test_a_video_goes_with_its_owner(database: Database) -> None:
    owner = await person(database)
    made = await video(database, owner.id, tags=["a"])
    await video_views.record_view(database, made.id, viewer_id=owner.id)
    await users.delete_user(database, owner.id)
    assert await videos.search_videos(database, "flight") == []
    assert await video_views.count_views(database, made.id) == 0
    assert await videos.delete_video(database, made.id) == 0
