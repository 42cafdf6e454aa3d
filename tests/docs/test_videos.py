"""The page about videos: its code runs, and its tables name what exists."""

import pytest

from hangar_dal import COMMUNITY, Database, sealing, video_views, videos
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.community import catalog as catalog
from tests.helpers.community import person

PAGE = ROOT / "docs" / "videos.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of `list_public_videos`, `search_videos`, `replace_renditions` and others, which the page describes as a whole.
PIECES = (
    r"insert_\w+|move_videos|delete_old_views|delete_trends|delete_renditions|lock_video|stream_renditions"
    r"|find_rarest_tag|list_newest_videos|list_tagged_videos|search_videos_by_words"
)


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It makes a video for a user, and the last line finds it."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    video, page = await run_code(PAGE, {"user": await person(database)}, ("video", "page"))
    assert [each.id for each in page] == [video.id]


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, videos, video_views) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMUNITY) == []
