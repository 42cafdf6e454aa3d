"""The search over many random texts in twelve scripts: both databases find what a plain scan of the texts finds."""

from collections.abc import Iterator
from random import Random
from uuid import UUID

import pytest

from hangar_dal import Database, builders, videos
from hangar_dal.videos import FoundVideo
from hangar_dal.words import search_words, words
from tests.helpers.community import person

# The first and last letters of each script, from which words are made; with marks where the script has some.
SCRIPTS = {
    "Latin": "azAZßßéöÀÿ",
    "Greek": "αωΑΡΣΩ",
    "Cyrillic": "ая",
    "Armenian": "աֆ",
    "Hebrew": "את",
    "Arabic": "بيًْ",
    "Devanagari": "कहािीू",
    "Georgian": "აჰ",
    "Hangul": "가각",
    "Han": "一丿",
    "Katakana": "カド",
    "Thai": "กฮ",
}
NUMBERS = [500, pytest.param(100_000, marks=[pytest.mark.long, pytest.mark.slow])]


def letters(ranges: str) -> list[str]:
    pairs = zip(ranges[::2], ranges[1::2], strict=True)
    return [chr(code) for first, last in pairs for code in range(ord(first), ord(last) + 1)]


def vocabulary(random: Random, number: int) -> dict[str, list[str]]:
    return {
        script: ["".join(random.choices(letters(ranges), k=random.randint(1, 6))) for _ in range(number)]
        for script, ranges in SCRIPTS.items()
    }


def texts(random: Random, known: dict[str, list[str]], number: int) -> Iterator[tuple[str, str, list[str]]]:
    """Title, description and tags; some of two scripts, with signs between the words."""
    for _ in range(number):
        own = known[random.choice(list(known))] + (known["Latin"] if random.random() < 0.3 else [])
        title = random.choice([" ", ", ", " - "]).join(random.choices(own, k=random.randint(1, 4)))
        tags = videos.fold_tags(word for word in random.choices(own, k=random.randint(0, 2)) if word.isalpha())
        yield title, " ".join(random.choices(own, k=random.randint(0, 5))), tags


def questions(random: Random, stored: list[tuple[str, str, list[str]]], number: int) -> Iterator[str]:
    """A word or two of a text, some in capitals, the last one cut."""
    for title, description, tags in random.choices(stored, k=number):
        parts = random.sample(all_words := [*title.split(), *description.split(), *tags], k=min(2, len(all_words)))
        text = " ".join(parts[: random.randint(1, 2)])
        text = text[: random.randint(max(1, len(text) - 3), len(text))]
        yield random.choice([text, text.upper()])


@pytest.mark.parametrize("number", NUMBERS)
async def test_a_search_finds_what_a_scan_of_all_texts_finds(database: Database, seed: int, number: int) -> None:
    random = Random(seed)
    owner = await person(database)
    stored = list(texts(random, vocabulary(random, max(20, number // 200)), number))
    rows = [
        builders.video(owner, title=title, description=description, tags=tags) for title, description, tags in stored
    ]
    assert await videos.import_videos(database, rows) == number
    known = {
        row.id: {*words("title", row.title), *words("description", row.description), *words("tags", row.tags)}
        for row in rows
    }
    found_some = 0
    for question in questions(random, stored, 60):
        *whole, last = search_words("text", question) or [""]
        expected = {
            video_id
            for video_id, has in known.items()
            if last and has.issuperset(whole) and any(word.startswith(last) for word in has)
        }
        assert await ids_of_all_pages(database, question) == expected, question
        found_some += bool(expected)
    assert found_some > 45


async def ids_of_all_pages(database: Database, question: str) -> set[UUID]:
    found: list[FoundVideo] = []
    while page := await videos.search_videos(database, question, after=found[-1] if found else None, limit=1000):
        found += page
    assert len({each.id for each in found}) == len(found)
    return {each.id for each in found}
