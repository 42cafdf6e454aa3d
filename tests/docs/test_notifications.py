"""The page about notifications: its code runs, and its tables name what exists."""

import inspect
import re
from datetime import UTC, datetime
from textwrap import indent
from typing import Any

import pytest

from clock import Clock
from community import catalog as catalog
from community import person
from docs.documents import ROOT, blocks
from hangar_dal import Database, notifications, sealing, social

PAGE = ROOT / "docs" / "notifications.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of other functions, and what `accounts.merge_users` uses.
PIECES = re.compile(
    r"insert_\w+|move_\w+|mark_batch_\w+|delete_expired_\w+|delete_notifications_of_actor|find_fan_out_end"
)


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    clock.now = datetime(2020, 1, 1, tzinfo=UTC)  # the page has a clock of its own, which is later
    ada, bob = await person(database), await person(database)
    await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    [block] = [each for each in blocks(PAGE) if each.language == "python"]
    names: dict[str, Any] = {}
    exec(f"async def page(ada, bob):\n{indent(block.text, '    ')}\n    return told, page, unread\n", names)
    told, page, unread = await names["page"](ada, bob)
    assert (told, {each.kind for each in page}, unread) == (1, {"like", "publish"}, 2)


def test_every_function_is_on_the_page() -> None:
    public = {
        name
        for name, value in vars(notifications).items()
        if inspect.isfunction(value) and value.__module__ == notifications.__name__ and not PIECES.fullmatch(name)
    }
    assert sorted(name for name in public if f"`{name}`" not in TEXT) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    rules = TEXT.partition("## Rules that the tables keep")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(\w+)`", rules))
    tests = {name for name in named if name.startswith("test_")}
    migrations = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "sql" / "community" / "migrations").glob("*/*.sql")
    )
    assert [name for name in sorted(named - tests) if not re.search(rf"\b{name}\b", migrations)] == []
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "domains").rglob("test_*.py"))
    assert [name for name in sorted(tests) if f"def {name}(" not in code] == []
