"""Random calls about users: accounts, follows, blocks, notifications and preferences."""

from datetime import timedelta
from typing import Any

from hangar_dal import Database, UserStatus, accounts, builders, notifications, social, users
from hangar_dal.errors import ForeignKeyViolation, TriggerViolation
from hangar_dal.notifications import Channel, Preference
from hangar_dal.social import Block
from tests.community_parity.history import Call, History

KINDS = ("like", "video", "Video")


def create_user(at: History) -> Call:
    user_id = at.fresh(at.user_ids)
    name = f"pilot-{user_id}"
    is_private = at.chance.random() < 0.3
    new = builders.user(id=user_id, username=name, email=f"{name}@x", display_name=at.text(2), is_private=is_private)
    return lambda db: users.insert_user(db, new, hashed_password="!")


def change_user(at: History) -> Call:
    user_id, is_private, status = at.user(), at.chance.random() < 0.2, at.some(*[UserStatus.ACTIVE] * 8, *UserStatus)
    return at.one_of(
        lambda db: users.update_user(db, user_id, is_private=is_private),
        lambda db: users.set_user_status(db, user_id, status),
    )


def end_user(at: History) -> Call:
    """Seldom one of those who have most."""
    one, other = at.user(), at.chance.choice(at.user_ids)

    async def merged(db: Database) -> None:
        await accounts.merge_users(db, kept=one, merged=other)

    return at.one_of(
        merged, lambda db: users.delete_user(db, other), lambda db: accounts.erase_user(db, other, actor_id=one)
    )


def follow(at: History) -> Call:
    one, other = at.two_users()
    pair = {"follower_id": one, "followed_id": other}
    rows = [
        builders.follow(follower=a, followed=b, created_at=at.clock.now)
        for a, b in (at.two_users() for _ in range(3))
        if a != b
    ]

    async def imported(db: Database) -> int | str:
        """Several rows may break several rules, of which each database tells another one."""
        try:
            return await social.import_follows(db, rows)
        except (ForeignKeyViolation, TriggerViolation):
            return "refused"

    [call] = at.chance.choices(
        [
            lambda db: social.follow(db, **pair),
            lambda db: social.accept_follow(db, **pair),
            lambda db: social.refuse_follow(db, **pair),
            lambda db: social.unfollow(db, **pair),
            imported,
        ],
        [10, 5, 1, 1, 2],
    )
    return call


def block(at: History) -> Call:
    one, other = at.two_users()
    rows = [Block(blocker_id=one, blocked_id=other, created_at=at.clock.now)]
    pair = {"blocker_id": one, "blocked_id": other}
    return at.one_of(
        lambda db: social.block(db, **pair),
        lambda db: social.unblock(db, **pair),
        lambda db: social.unblock(db, **pair),
        lambda db: social.import_blocks(db, rows),
    )


def notify(at: History) -> Call:
    recipient, actor = at.two_users()
    content: dict[str, Any] = {
        "event_id": at.fresh(at.event_ids),
        "kind": at.some(*KINDS),
        "title": at.text(),
        "data": at.json(),
        "group_key": at.some(None, "a", "b"),
        "expires_at": at.some(None, at.clock.now + timedelta(seconds=at.chance.randrange(-1, 3000))),
    }
    new = builders.notification(recipient, actor=at.some(actor, actor, None), **content)
    event = builders.event(actor, created_at=at.clock.now, **content)
    return at.one_of(
        lambda db: notifications.notify(db, new),
        lambda db: notifications.notify_many(db, [new, new]),
        lambda db: notifications.notify_followers(db, event, batch_size=2),
    )


def mark(at: History) -> Call:
    user_id, event_ids = at.user(), [at.known(at.event_ids) for _ in range(4)]
    until = at.clock.now - timedelta(seconds=at.chance.randrange(1000))
    kind, channel, is_enabled = at.some(*KINDS), at.some(*Channel, Channel.INBOX), at.some(True, False)
    row = Preference(user_id=user_id, kind=kind, channel=channel, is_enabled=is_enabled, updated_at=at.clock.now)
    return at.one_of(
        lambda db: notifications.mark_read(db, user_id, event_ids),
        lambda db: notifications.mark_unread(db, user_id, event_ids[0]),
        lambda db: notifications.mark_all_seen(db, user_id, until=until, batch_size=2),
        lambda db: notifications.mark_all_read(db, user_id, until=until, batch_size=2),
        lambda db: notifications.delete_notification(db, user_id, event_ids[0]),
        notifications.purge_notifications,
        lambda db: notifications.set_preference(db, user_id, kind=kind, channel=channel, is_enabled=is_enabled),
        lambda db: notifications.import_preferences(db, [row]),
        lambda db: notifications.delete_preference(db, user_id, kind=kind, channel=channel),
    )
