"""The page about notifications: its code runs, and its tables name what exists."""

from datetime import UTC, datetime

import pytest

from hangar_dal import COMMUNITY, Database, notifications, sealing, social
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.clock import Clock
from tests.helpers.community import catalog as catalog
from tests.helpers.community import person

PAGE = ROOT / "docs" / "notifications.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of other functions, and what `accounts.merge_users` uses.
PIECES = r"insert_\w+|move_\w+|mark_batch_\w+|delete_expired_\w+|delete_notifications_of_actor|find_fan_out_end"


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    clock.now = datetime(2020, 1, 1, tzinfo=UTC)  # the page has a clock of its own, which is later
    ada, bob = await person(database), await person(database)
    await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    told, page, unread = await run_code(PAGE, {"ada": ada, "bob": bob}, ("told", "page", "unread"))
    assert (told, {each.kind for each in page}, unread) == (1, {"like", "publish"}, 2)


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, notifications) == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, COMMUNITY) == []
