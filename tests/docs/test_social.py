"""The page about follows, likes, comments, shares and reports: its code runs, and its tables name what exists."""

import re

import pytest

from hangar_dal import COMMUNITY, Database, comments, likes, reports, sealing, shares, social
from hangar_dal.community.user_tables import USER_TABLES
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.community import catalog as catalog
from tests.helpers.community import person, video

PAGE = ROOT / "docs" / "social.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of other functions, and what `accounts.merge_users` uses.
PIECES = (
    r"insert_\w+|move_\w+|accept_moved_follows|claim_next_report|delete_resolved_reports"
    r"|list_newest_followed_videos|list_followed_videos_by_owner"
)


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    made = await video(database, (await person(database)).id)
    given = {"video": made, "fan": await person(database), "moderator": await person(database)}
    feed, page, comment = await run_code(PAGE, given, ("feed", "page", "comment"))
    assert [each.id for each in feed] == [made.id]
    assert [each.id for each in page] == [comment.id]


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, comments, likes, reports, shares, social) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMUNITY) == []


def test_the_pages_say_what_happens_to_each_table() -> None:
    pages = [(ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("notifications", "videos")]
    last = "".join(page.partition("## What happens with users")[2] for page in (TEXT, *pages))
    assert set(USER_TABLES) <= set(re.findall(r"`(\w+)`", last))
