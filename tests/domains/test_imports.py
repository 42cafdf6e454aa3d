"""Imports of all domains: one statement a batch, all or none, and what exists is left out."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest

from hangar_dal import (
    Database,
    User,
    accounts,
    builders,
    comments,
    eve_tokens,
    likes,
    notifications,
    one_time_tokens,
    refresh_tokens,
    reports,
    security_events,
    shares,
    sign_in_failures,
    social,
    users,
    uuid7,
    video_views,
    videos,
)
from hangar_dal.comments import Comment
from hangar_dal.errors import HangarError, TriggerViolation, UniqueViolation
from hangar_dal.likes import CommentLike
from hangar_dal.models.row import Row
from hangar_dal.notifications import Channel, Preference
from hangar_dal.one_time_tokens import ConfirmedEmail, ImportedOneTimeToken, TokenPurpose
from hangar_dal.security_events import SecurityEvent, SecurityEventKind
from hangar_dal.shares import Share, ShareChannel
from hangar_dal.sign_in_failures import SignInFailures, find_sign_in_failures, second_factor_key
from hangar_dal.social import Block
from hangar_dal.users import ImportedUser
from hangar_dal.video_views import View
from hangar_dal.videos import RenditionOfVideo, Video
from hangar_dal_pytest import HangarQueries
from tests.helpers.community import catalog as catalog
from tests.helpers.community import comment, person, video

AT = builders.EARLIER
HOUR = timedelta(hours=1)
EMAIL = "ada@example.org"


@dataclass(frozen=True)
class World:
    """Three users, a video of the first and a comment on it."""

    users: list[User]
    video: Video
    comment: Comment


@pytest.fixture
async def world(database: Database) -> World:
    people = [await person(database) for _ in range(3)]
    made = await video(database, people[0].id)
    return World(people, made, await comment(database, made.id, people[1].id))


def imported_user(**given: Any) -> ImportedUser:
    account = builders.user(**given).model_dump(exclude={"password"})
    return ImportedUser(**account, hashed_password="!", created_at=AT)


def share(world: World, user: User) -> Share:
    new = builders.share(video=world.video, user=user)
    return Share(**new.model_dump(), created_at=AT)


def preference(user: User, channel: Channel) -> Preference:
    return Preference(user_id=user.id, kind="like", channel=channel, is_enabled=False, updated_at=AT)


def event(user: User, kind: SecurityEventKind) -> SecurityEvent:
    return SecurityEvent(**builders.security_event(user, kind=kind).model_dump(), occurred_at=AT)


def token(user: User) -> ImportedOneTimeToken:
    given = {"purpose": TokenPurpose.PASSWORD_RESET, "email": EMAIL, "token_hash": sha256(user.id.bytes).hexdigest()}
    return ImportedOneTimeToken(user_id=user.id, issued_at=AT, expires_at=AT + HOUR, used_at=AT, **given)


def failures(key: str) -> SignInFailures:
    return SignInFailures(key=key, failures=5, refused=2, locked_until=AT + HOUR, attempted_at=AT)


async def if_any(found: Awaitable[Any]) -> list[Any]:
    return [row for row in [await found] if row is not None]


async def of_each(world: World, read: Callable[[User], Awaitable[Sequence[Any]]]) -> list[Any]:
    return [found for user in world.users for found in await read(user)]


async def all_of(stream: Any) -> list[Any]:
    async with stream as rows:
        return [row async for row in rows]


@dataclass(frozen=True)
class Import:
    """The function, three rows for it, what differs in a row that is refused, and what is then stored."""

    function: Callable[..., Awaitable[int]]
    rows: Callable[[World], list[Any]]
    bad: dict[str, Any]
    stored: Callable[[Database, World], Awaitable[list[Any]]]


NOBODY = uuid7()
IMPORTS = {
    "refresh_tokens": Import(
        refresh_tokens.import_refresh_tokens,
        lambda world: [builders.refresh_token(user) for user in world.users],
        {"jti": NOBODY, "family_id": NOBODY, "user_id": NOBODY, "token_hash": "a" * 64},
        lambda db, world: of_each(world, lambda user: all_of(refresh_tokens.stream_refresh_tokens(db, user.id))),
    ),
    "one_time_tokens": Import(
        one_time_tokens.import_one_time_tokens,
        lambda world: [token(user) for user in world.users],
        {"user_id": NOBODY, "token_hash": "a" * 64},
        lambda db, world: of_each(world, lambda user: one_time_tokens.list_one_time_tokens(db, user.id)),
    ),
    "confirmed_emails": Import(
        one_time_tokens.import_confirmed_emails,
        lambda world: [ConfirmedEmail(user_id=user.id, email=EMAIL, confirmed_at=AT) for user in world.users],
        {"user_id": NOBODY},
        lambda db, world: of_each(world, lambda user: if_any(one_time_tokens.find_confirmed_email(db, user.id))),
    ),
    "sign_in_failures": Import(
        sign_in_failures.import_sign_in_failures,
        lambda world: [failures(second_factor_key(user.id)) for user in world.users],
        {"key": "ada"},
        lambda db, world: of_each(world, lambda user: if_any(find_sign_in_failures(db, second_factor_key(user.id)))),
    ),
    "security_events": Import(
        security_events.import_security_events,
        lambda world: [event(user, SecurityEventKind.SIGNED_OUT) for user in world.users],
        {"id": NOBODY, "source": ""},
        lambda db, world: security_events.list_security_events(db),
    ),
    "eve_tokens": Import(
        eve_tokens.import_eve_tokens,
        lambda world: [builders.eve_token(user) for user in world.users],
        {"eve_character_id": 7, "user_id": NOBODY},
        lambda db, world: of_each(world, lambda user: eve_tokens.list_eve_tokens(db, user_id=user.id)),
    ),
    "renditions": Import(
        videos.import_renditions,
        lambda world: [
            RenditionOfVideo(video_id=world.video.id, **builders.rendition(name=name).model_dump())
            for name in ("hd", "sd", "uhd")
        ],
        {"video_id": NOBODY},
        lambda db, world: videos.list_renditions(db, world.video.id),
    ),
    "views": Import(
        video_views.import_views,
        lambda world: [View(video_id=world.video.id, viewer_id=user.id, hour=AT, viewed_at=AT) for user in world.users],
        {"viewer_id": NOBODY},
        lambda db, world: of_each(world, lambda user: all_of(video_views.stream_views(db, user.id))),
    ),
    "blocks": Import(
        social.import_blocks,
        lambda world: [
            Block(blocker_id=one.id, blocked_id=other.id, created_at=AT)
            for one, other in zip(world.users, [*world.users[1:], world.users[0]], strict=True)
        ],
        {"blocked_id": NOBODY},
        lambda db, world: of_each(world, lambda user: all_of(social.stream_blocks(db, user.id))),
    ),
    "comment_likes": Import(
        likes.import_comment_likes,
        lambda world: [
            CommentLike(comment_id=world.comment.id, user_id=user.id, created_at=AT) for user in world.users
        ],
        {"user_id": NOBODY},
        lambda db, world: of_each(world, lambda user: all_of(likes.stream_comment_likes_of_user(db, user.id))),
    ),
    "shares": Import(
        shares.import_shares,
        lambda world: [share(world, user) for user in world.users],
        {"id": NOBODY, "user_id": NOBODY},
        lambda db, world: of_each(world, lambda user: shares.list_shares_of_user(db, user.id)),
    ),
    "reports": Import(
        reports.import_reports,
        lambda world: [builders.report(world.video, reporter=user) for user in world.users],
        {"id": NOBODY, "target_id": NOBODY},
        lambda db, world: reports.list_reports_of_target(db, world.video.id),
    ),
    "preferences": Import(
        notifications.import_preferences,
        lambda world: [preference(world.users[0], channel) for channel in Channel],
        {"user_id": NOBODY},
        lambda db, world: of_each(world, lambda user: notifications.list_preferences(db, user.id)),
    ),
}


@pytest.mark.parametrize("each", IMPORTS.values(), ids=IMPORTS)
async def test_an_import_stores_each_row_once_and_a_bad_row_keeps_all_out(
    database: Database, world: World, hangar_queries: HangarQueries, each: Import
) -> None:
    rows: list[Row] = each.rows(world)
    assert await each.stored(database, world) == []
    with pytest.raises(HangarError):
        await each.function(database, [*rows, rows[0].model_copy(update=each.bad)], batch_size=3)
    assert await each.stored(database, world) == []
    with hangar_queries(at_most=2):
        assert await each.function(database, iter([rows[0], *rows]), batch_size=3) == 3
    assert await each.function(database, [*rows, *rows]) == 0
    stored = await each.stored(database, world)
    given = set(type(rows[0]).model_fields) & set(type(stored[0]).model_fields)
    assert sorted(str(one.model_dump(include=given)) for one in stored) == sorted(
        str(one.model_dump(include=given)) for one in rows
    )


async def test_imported_accounts_are_stored_as_given_and_can_sign_in(database: Database) -> None:
    ada, bob = builders.user(username="Ada", metadata={"n": 1}), builders.eve_user(eve_scopes=["publicData"])
    made = await users.create_user(database, ada)
    login = await users.find_login(database, "ada")
    assert login is not None
    await users.delete_user(database, made.id)
    hashes = {ada.id: login.hashed_password, bob.id: None}
    rows = [
        ImportedUser(**new.model_dump(exclude={"password"}), hashed_password=hashes[new.id], created_at=AT)
        for new in (ada, bob)
    ]
    assert await accounts.import_users(database, [*rows, rows[0]]) == 2
    assert await accounts.import_users(database, rows) == 0
    given = set(ImportedUser.model_fields) - {"hashed_password"}
    found = await users.get_users(database, [ada.id, bob.id])
    assert {one.id: one.model_dump(include=given) for one in found} == {
        one.id: one.model_dump(include=given) for one in rows
    }
    assert {one.updated_at for one in found} == {AT}
    assert ada.password is not None
    assert (await users.authenticate(database, "ADA", ada.password)).id == ada.id
    assert [one.id for one in await users.search_users(database, ada.username[:3] if ada.username else "")] == [ada.id]
    with pytest.raises(UniqueViolation) as caught:
        await accounts.import_users(database, [imported_user(), imported_user(username="ADA")], batch_size=1)
    assert caught.value.columns == ("username",)
    assert await users.count_users(database) == 2
    assert await security_events.list_security_events(database) == []


def test_an_imported_local_account_needs_a_hash_and_does_not_show_it() -> None:
    given = imported_user().model_dump()
    with pytest.raises(ValueError, match="a LOCAL account needs username, email and password"):
        ImportedUser(**{**given, "hashed_password": None})
    assert "secret hash" not in repr(ImportedUser(**{**given, "hashed_password": "secret hash"}))


async def test_what_is_imported_is_counted_and_blocks_end_follows(database: Database, world: World) -> None:
    ada, bob, _ = world.users
    for name in ("views", "comment_likes", "shares"):
        await IMPORTS[name].function(database, IMPORTS[name].rows(world))
    assert await video_views.count_views(database, world.video.id) == 3
    assert await likes.count_comment_likes(database, world.comment.id) == 3
    assert await shares.count_shares(database, world.video.id) == 3
    await social.follow(database, follower_id=ada.id, followed_id=bob.id)
    await social.import_blocks(database, [Block(blocker_id=bob.id, blocked_id=ada.id, created_at=AT)])
    assert await social.find_follow(database, follower_id=ada.id, followed_id=bob.id) is None
    with pytest.raises(TriggerViolation):
        await social.import_follows(database, [builders.follow(follower=ada, followed=bob)])


async def test_a_report_with_the_id_of_another_is_left_out(database: Database, world: World) -> None:
    first = builders.report(world.video, reporter=world.users[0])
    other = builders.report(world.comment, reporter=world.users[1], id=first.id)
    assert await reports.import_reports(database, [first, other]) == 1
    assert await reports.import_reports(database, [other]) == 0


async def test_reports_are_left_out_again_when_their_target_has_gone(database: Database, world: World) -> None:
    stored = builders.report(world.comment, reporter=world.users[0])
    unresolved = builders.report(world.comment, reporter=world.users[0])
    assert await reports.import_reports(database, [stored]) == 1
    assert await comments.remove_comment(database, world.comment.id) == 1
    assert await reports.import_reports(database, [stored]) == 0
    assert await reports.import_reports(database, [unresolved]) == 0


async def test_a_share_with_a_user_needs_the_channel_user(database: Database, world: World) -> None:
    bad = share(world, world.users[0]).model_copy(update={"channel": ShareChannel.USER})
    with pytest.raises(HangarError, match="shares_recipient_check"):
        await shares.import_shares(database, [bad])
