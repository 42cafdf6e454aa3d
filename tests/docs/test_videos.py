"""The page about videos: its code runs, and its tables name what exists."""

import inspect
import re
from textwrap import indent
from typing import Any

import pytest

from community import catalog as catalog
from community import person
from docs.documents import ROOT, blocks
from hangar_dal import COMMUNITY, Database, sealing, video_views, videos

PAGE = ROOT / "docs" / "videos.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of `list_public_videos`, `search_videos`, `replace_renditions` and others, which the page describes as a whole.
PIECES = {
    *("delete_old_views", "delete_trends", "insert_trends", "delete_renditions", "insert_renditions", "lock_video"),
    *("find_rarest_tag", "list_newest_videos", "list_tagged_videos", "search_videos_by_words"),
    *("insert_video", "insert_videos", "move_videos", "stream_renditions"),
}


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes a video for a user, and the last line finds it."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    [block] = [each for each in blocks(PAGE) if each.language == "python"]
    names: dict[str, Any] = {}
    exec(f"async def page(user):\n{indent(block.text, '    ')}\n    return video, page\n", names)
    video, found = await names["page"](await person(database))
    assert [each.id for each in found] == [video.id]


def test_every_function_is_on_the_page() -> None:
    for module in (videos, video_views):
        public = {
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_")
        }
        assert public - PIECES == {name for name in public if re.search(rf"`{name}`", TEXT)} - PIECES
    assert {declared.partition(".")[2] for declared in COMMUNITY.queries} >= PIECES


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    rules = TEXT.partition("## Rules that the tables keep")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", rules))
    tests = {name for name in named if name.startswith("test_")}
    migrations = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "community" / "migrations").glob("*/*.sql")
    )
    assert len(tests) > 10
    assert [name for name in sorted(named - tests) if not re.search(rf"\b{name}\b", migrations)] == []
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "domains").rglob("test_*.py"))
    assert [name for name in sorted(tests) if f"def {name}(" not in code] == []
