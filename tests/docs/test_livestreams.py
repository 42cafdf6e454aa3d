"""The page about livestreams: its code runs, and its functions, rules, tests and tables exist."""

import re

import pytest

from hangar_dal import (
    LIVESTREAMS,
    Database,
    donations,
    live_chat,
    live_viewers,
    livestream_reminders,
    livestreams,
    sealing,
    streaming,
)
from hangar_dal.streaming.user_tables import USER_TABLES
from tests.docs.documents import ROOT
from tests.docs.domain_pages import functions_left_out, names_that_do_not_exist, run_code
from tests.helpers.commerce import account
from tests.helpers.community import person
from tests.helpers.streaming import catalog as catalog

PAGE = ROOT / "docs" / "livestreams.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Pieces of `create_livestream`, `rotate_stream_key` and others, which the page describes as a whole.
PIECES = (
    r"insert_\w+|move_\w+|store_stream_key|store_recording|find_livestream_by_key_hash|touch_viewers|count_viewers_since"
    r"|sample_viewers_since|delete_viewers_of_ended|close_viewer_counts"
    r"|delete_old_chat_messages|delete_expired_bans|stream_chat_messages_of_author|stream_moderators|stream_bans_of_owner"
    r"|stream_donations_of_donor|set_refund|stream_reminders|mark_reminders_queued"
)


async def test_the_code_of_the_page_runs(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("HANGAR_SEALING_KEYS", sealing.new_key())
    given = {"user": await person(database), "viewer": await person(database)}
    given |= {"wallet": await account(database, 1000), "till": await account(database)}
    made = ("begun", "recorded", "totals", "message", "best")
    begun, recorded, totals, message, best = await run_code(PAGE, given, made)
    assert message.body == "Hello"
    assert [(each.donor_id, each.amount) for each in best] == [(given["viewer"].id, 500)]
    assert begun.started_at is not None
    assert (totals.viewers, totals.peak) == (1, 1)
    assert recorded.recording_id is not None


def test_every_function_is_on_the_page() -> None:
    assert functions_left_out(TEXT, PIECES, livestreams, live_viewers, live_chat, donations, livestream_reminders) == []
    assert [name for name in streaming.__all__ if f"{name}`" not in TEXT] == []


def test_every_rule_and_every_test_on_the_page_exist() -> None:
    assert names_that_do_not_exist(TEXT, LIVESTREAMS) == []


def test_the_page_says_what_happens_to_each_table() -> None:
    last = TEXT.partition("## What happens with users")[2]
    assert set(USER_TABLES) <= set(re.findall(r"`(\w+)`", last))
