"""The page about follows, likes, comments, shares and reports: its code runs, and its tables name what exists."""

import inspect
import re
from textwrap import indent
from typing import Any

import pytest

from community import catalog as catalog
from community import person, video
from docs.documents import ROOT, blocks
from hangar_dal import Database, comments, likes, reports, sealing, shares, social
from hangar_dal.community.user_tables import USER_TABLES

PAGE = ROOT / "docs" / "social.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of other functions, and what `accounts.merge_users` uses.
PIECES = re.compile(
    r"insert_\w+|move_\w+|accept_moved_follows|claim_next_report|delete_resolved_reports|batches|atomic"
)
FEED = {"list_newest_followed_videos", "list_followed_videos_by_owner"}


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    [block] = [each for each in blocks(PAGE) if each.language == "python"]
    names: dict[str, Any] = {}
    body = indent(block.text, "    ")
    exec(f"async def page(video, fan, moderator):\n{body}\n    return feed, page, comment\n", names)
    made = await video(database, (await person(database)).id)
    feed, page, comment = await names["page"](made, await person(database), await person(database))
    assert [each.id for each in feed] == [made.id]
    assert [each.id for each in page] == [comment.id]


def test_every_function_is_on_the_page() -> None:
    for module in (comments, likes, reports, shares, social):
        public = {
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value) and value.__module__ == module.__name__ and not PIECES.fullmatch(name)
        }
        assert sorted(name for name in public - FEED if f"`{name}`" not in TEXT) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    rules = TEXT.partition("## Rules that the tables keep")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", rules))
    tests = {name for name in named if name.startswith("test_")}
    tests |= set(re.findall(r"`(test_\w+)`", TEXT))
    migrations = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "community" / "migrations").glob("*/*.sql")
    )
    assert [name for name in sorted(named - tests) if not re.search(rf"\b{name}\b", migrations)] == []
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "domains").rglob("test_*.py"))
    assert [name for name in sorted(tests) if f"def {name}(" not in code] == []


def test_the_page_says_what_happens_to_each_table() -> None:
    pages = [(ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8") for name in ("notifications", "videos")]
    last = "".join(page.partition("## What happens with users")[2] for page in (TEXT, *pages))
    assert set(USER_TABLES) <= set(re.findall(r"`(\w+)`", last))
