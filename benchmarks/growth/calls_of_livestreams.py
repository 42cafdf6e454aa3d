"""What is asked about livestreams, who watches them, their chats, donations and reminders."""

from datetime import timedelta
from typing import Final

from benchmarks.growth.calls_of_payments import number
from benchmarks.growth.filled import Calls, Filled
from benchmarks.growth.filling import CHAT, DONATION, LIVESTREAM, START, id_of
from hangar_dal import builders, donations, live_chat, live_viewers, livestream_reminders, livestreams
from hangar_dal.livestreams import LivestreamStatus

OWNER: Final = 0
LIVE, ANNOUNCED = id_of(LIVESTREAM, 7), id_of(LIVESTREAM, 8)


async def find_middles(at: Filled) -> None:
    """A row in the middle of each long list."""
    half, db = at.rows // 20 * 10, at.db
    for name, last_digit in (("livestream", 0), ("live", 7), ("scheduled", 8)):
        at.middle[name] = await livestreams.get_livestream(db, id_of(LIVESTREAM, half + last_digit))
    [viewed] = await live_viewers.list_most_viewed_livestreams(db, limit=1)
    at.middle["viewed"] = viewed.model_copy(update={"id": id_of(LIVESTREAM, half + 7)})
    at.middle["message"] = await live_chat.get_chat_message(db, id_of(CHAT, half))
    [viewer] = await live_viewers.list_viewers(db, LIVE, limit=1)
    at.middle["viewer"] = viewer.model_copy(update={"viewer_id": at.user(at.users // 2)})
    [moderator] = await live_chat.list_moderators(db, at.user(OWNER), limit=1)
    at.middle["moderator"] = moderator.model_copy(update={"moderator_id": at.user(at.users // 2)})
    [ban] = await live_chat.list_bans(db, at.user(OWNER), limit=1)
    at.middle["ban"] = ban.model_copy(update={"created_at": START + timedelta(seconds=at.users // 2)})
    at.middle["donation"] = await donations.get_donation(db, id_of(DONATION, half))
    at.middle["donation of donor"] = await donations.get_donation(db, id_of(DONATION, half + 1))
    [donor] = await donations.list_top_donors(db, LIVE, currency="EUR", limit=1)
    at.middle["donor"] = donor.model_copy(update={"donor_id": at.user(at.users // 2), "amount": 100})
    [reminder] = await livestream_reminders.list_reminders(db, at.user(OWNER), limit=1)
    at.middle["reminder"] = reminder.model_copy(update={"created_at": START + timedelta(seconds=half)})


_LIVESTREAMS: Final[Calls] = {
    "find_visible_livestream": lambda at: livestreams.find_visible_livestream(
        at.db, id_of(LIVESTREAM, number(at, 1)), viewer_id=at.user()
    ),
    "find_livestream_by_key_hash": lambda at: livestreams.find_livestream_by_key_hash(
        at.db, str(id_of(0, number(at, 7))).replace("-", "") * 2
    ),
    "list_livestreams_of_owner": lambda at: livestreams.list_livestreams_of_owner(at.db, at.user()),
    "list_livestreams_of_owner, long, deep": lambda at: livestreams.list_livestreams_of_owner(
        at.db, at.user(OWNER), status=LivestreamStatus.ENDED, after=at.middle["livestream"]
    ),
    "list_visible_livestreams_of_owner, long, deep": lambda at: livestreams.list_visible_livestreams_of_owner(
        at.db, at.user(OWNER), viewer_id=at.user(), after=at.middle["livestream"]
    ),
    "list_live_livestreams": lambda at: livestreams.list_live_livestreams(at.db, viewer_id=at.user()),
    "list_live_livestreams, deep": lambda at: livestreams.list_live_livestreams(at.db, after=at.middle["live"]),
    "list_live_livestreams of a language and a category, deep": lambda at: livestreams.list_live_livestreams(
        at.db, language="fr", category="popular", after=at.middle["live"]
    ),
    "list_live_livestreams of a rare category": lambda at: livestreams.list_live_livestreams(
        at.db, category=f"rare{number(at, 0) // 20}"
    ),
    "list_scheduled_livestreams, deep": lambda at: livestreams.list_scheduled_livestreams(
        at.db, since=at.db.now(), after=at.middle["scheduled"]
    ),
    "list_scheduled_livestreams of a rare category": lambda at: livestreams.list_scheduled_livestreams(
        at.db, since=at.db.now(), category=f"rare{number(at, 0) // 20}"
    ),
    "list_followed_livestreams": lambda at: livestreams.list_followed_livestreams(at.db, at.user()),
    "create_livestream": lambda at: livestreams.create_livestream(at.db, builders.livestream(at.user())),
    "start_livestream": lambda at: livestreams.start_livestream(at.db, id_of(LIVESTREAM, _any(at) + 8)),
    "end_livestream": lambda at: livestreams.end_livestream(at.db, id_of(LIVESTREAM, _any(at) + 17)),
}
_VIEWERS: Final[Calls] = {
    "report_viewers of 20": lambda at: live_viewers.report_viewers(at.db, LIVE, [at.user() for _ in range(20)]),
    "list_viewers, long, deep": lambda at: live_viewers.list_viewers(at.db, LIVE, after=at.middle["viewer"]),
    "get_viewer_totals": lambda at: live_viewers.get_viewer_totals(at.db, id_of(LIVESTREAM, number(at, 1))),
    "list_most_viewed_livestreams": lambda at: live_viewers.list_most_viewed_livestreams(at.db, viewer_id=at.user()),
    "list_most_viewed_livestreams, deep": lambda at: live_viewers.list_most_viewed_livestreams(
        at.db, after=at.middle["viewed"]
    ),
    "list_most_viewed_livestreams of a popular category": lambda at: live_viewers.list_most_viewed_livestreams(
        at.db, category="popular"
    ),
    "list_most_viewed_livestreams of a rare category": lambda at: live_viewers.list_most_viewed_livestreams(
        at.db, category=f"rare{number(at, 0) // 20}"
    ),
    "delete_viewers_of_ended, 5": lambda at: live_viewers.delete_viewers_of_ended(
        at.db, before=at.db.now(), batch_size=5
    ),
}
_CHAT: Final[Calls] = {
    "list_chat_messages": lambda at: live_chat.list_chat_messages(
        at.db, id_of(LIVESTREAM, number(at, 1)), viewer_id=at.user()
    ),
    "list_chat_messages, long": lambda at: live_chat.list_chat_messages(at.db, LIVE, viewer_id=at.user()),
    "list_chat_messages, long, deep": lambda at: live_chat.list_chat_messages(
        at.db, LIVE, viewer_id=at.user(), after=at.middle["message"]
    ),
    "send_chat_message": lambda at: live_chat.send_chat_message(
        at.db, builders.chat_message(id_of(LIVESTREAM, _any(at) + 7), author=at.user())
    ),
    "remove_chat_message": lambda at: live_chat.remove_chat_message(
        at.db, id_of(CHAT, _any(at) + 1), remover_id=at.user(OWNER)
    ),
    "list_moderators, long, deep": lambda at: live_chat.list_moderators(
        at.db, at.user(OWNER), after=at.middle["moderator"]
    ),
    "list_bans, long, deep": lambda at: live_chat.list_bans(at.db, at.user(OWNER), after=at.middle["ban"]),
    "delete_expired_bans, 2": lambda at: live_chat.delete_expired_bans(at.db, batch_size=2),
    "delete_old_chat_messages, 5": lambda at: live_chat.delete_old_chat_messages(
        at.db, before=at.db.now(), batch_size=5
    ),
}
_DONATIONS: Final[Calls] = {
    "list_donations": lambda at: donations.list_donations(at.db, id_of(LIVESTREAM, number(at, 1))),
    "list_donations, long, deep": lambda at: donations.list_donations(at.db, LIVE, after=at.middle["donation"]),
    "list_donations_of_donor, long, deep": lambda at: donations.list_donations_of_donor(
        at.db, at.user(OWNER), after=at.middle["donation of donor"]
    ),
    "list_donation_totals": lambda at: donations.list_donation_totals(at.db, LIVE),
    "list_top_donors, long": lambda at: donations.list_top_donors(at.db, LIVE, currency="EUR"),
    "list_top_donors, long, deep": lambda at: donations.list_top_donors(
        at.db, LIVE, currency="EUR", after=at.middle["donor"]
    ),
}
_REMINDERS: Final[Calls] = {
    "set_reminder": lambda at: livestream_reminders.set_reminder(at.db, id_of(LIVESTREAM, 18), user_id=at.other_user()),
    "list_reminders": lambda at: livestream_reminders.list_reminders(at.db, at.user()),
    "list_reminders, long, deep": lambda at: livestream_reminders.list_reminders(
        at.db, at.user(OWNER), after=at.middle["reminder"]
    ),
    "list_due_reminders, 5": lambda at: livestream_reminders.list_due_reminders(
        at.db, since=at.db.now() - timedelta(hours=1), before=at.db.now(), limit=5
    ),
    "cancel_reminder": lambda at: livestream_reminders.cancel_reminder(at.db, ANNOUNCED, user_id=at.other_user()),
}
DOMAINS: Final = {
    "livestreams": _LIVESTREAMS,
    "live_viewers": _VIEWERS,
    "live_chat": _CHAT,
    "donations": _DONATIONS,
    "livestream_reminders": _REMINDERS,
}


def _any(at: Filled) -> int:
    """One that no query asks for, to be changed: a multiple of ten."""
    return at.random.randrange(1, at.users // 2) * 20
