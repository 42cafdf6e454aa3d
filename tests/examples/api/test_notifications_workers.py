"""The workers of the application: followers are told of a published video, and what is old is deleted."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from hangar_api.background import keep_up
from hangar_api.catalog import CATALOG
from hangar_api.main import create_app
from hangar_api.publishing import TOPIC, announce
from hangar_api.settings import ApiSettings
from hangar_dal import (
    Database,
    Settings,
    UserStatus,
    builders,
    notifications,
    open_database,
    outbox,
    sealing,
    social,
    users,
    video_views,
    videos,
)
from hangar_dal.errors import ConnectionFailed
from hangar_dal.outbox import Message, MessageStatus
from hangar_dal.videos import VideoVisibility
from tests.examples.api.conftest import Api, Person, kind
from tests.helpers.clock import Clock

INBOX = "/me/notifications"


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    """A worker that looks often, because nothing wakes it on SQLite."""
    return ApiSettings.model_validate({"token_keys": sealing.new_key(), "poll_seconds": 0.05})


async def until(state: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(60):
        while not await state():  # noqa: ASYNC110  (nothing else reports it)
            await asyncio.sleep(0.02)


async def message_about(db: Database, video_id: str) -> Message | None:
    return await outbox.find_message(db, TOPIC, dedup_key=video_id)


async def finished(db: Database, key: str) -> Message:
    """The message with this key, when the worker is done with it."""

    async def is_done() -> bool:
        message = await outbox.find_message(db, TOPIC, dedup_key=key)
        return message is not None and message.status is MessageStatus.DONE

    await until(is_done)
    message = await outbox.find_message(db, TOPIC, dedup_key=key)
    assert message is not None
    return message


async def follow(api: Api, owner: Person, *followers: Person) -> None:
    for follower in followers:
        await social.follow(api.database, follower_id=follower.uuid, followed_id=owner.uuid)


async def told(api: Api, person: Person) -> list[tuple[str, str, str]]:
    return [(each["kind"], each["title"], each["object_id"]) for each in await api.all_of(person, INBOX)]


async def publish(api: Api, owner: Person, visibility: str) -> str:
    """The id of a video that its owner publishes."""
    video_id = await api.show_video(owner, visibility="PRIVATE", published_at=None)
    answer = await api.call(owner, "POST", f"/videos/{video_id}/publish", {"visibility": visibility})
    assert answer.status_code == 200, answer.text
    return video_id


@pytest.mark.parametrize("visibility", ["PUBLIC", "FOLLOWERS"])
async def test_followers_are_told_of_a_published_video_and_nobody_else(api: Api, stranger: Person, visibility: str):
    owner = await api.enter(display_name="Ada", is_private=True)
    accepted, waiting = await api.enter(), await api.enter()
    await follow(api, owner, accepted, waiting)
    await social.accept_follow(api.database, follower_id=accepted.uuid, followed_id=owner.uuid)
    video_id = await publish(api, owner, visibility)
    message = await finished(api.database, video_id)
    assert message.payload == {"video_id": video_id}
    assert await told(api, accepted) == [("VIDEO_PUBLISHED", "Ada has a new video", video_id)]
    for person in (owner, waiting, stranger):
        assert await told(api, person) == []


@pytest.mark.parametrize("visibility", ["UNLISTED", "PRIVATE"])
async def test_a_video_that_followers_do_not_see_in_lists_is_not_announced(api: Api, owner: Person, visibility: str):
    assert await message_about(api.database, await publish(api, owner, visibility)) is None


async def test_a_publication_that_is_refused_is_not_announced(api: Api, owner: Person):
    video_id = (await api.upload(owner))["id"]
    answer = await api.call(owner, "POST", f"/videos/{video_id}/publish", {})
    assert kind(answer) == (409, "check-violation")
    assert await message_about(api.database, video_id) is None


async def test_a_video_is_announced_once_when_its_followers_first_see_it(api: Api):
    owner, follower = await api.enter(), await api.enter()
    await follow(api, owner, follower)
    video_id = await publish(api, owner, "PRIVATE")
    for visibility in ("PUBLIC", "PRIVATE", "FOLLOWERS"):
        await api.call(owner, "PATCH", f"/videos/{video_id}", {"visibility": visibility})
        await finished(api.database, video_id)
    assert len(await told(api, follower)) == 1


async def test_followers_who_are_blocked_or_do_not_want_it_are_not_told(api: Api):
    owner, blocked, unwilling, willing = [await api.enter() for _ in range(4)]
    await follow(api, owner, blocked, unwilling, willing)
    await social.block(api.database, blocker_id=owner.uuid, blocked_id=blocked.uuid)
    await api.call(unwilling, "PUT", f"{INBOX}/preferences/VIDEO_PUBLISHED/INBOX", {"is_enabled": False})
    await finished(api.database, await publish(api, owner, "PUBLIC"))
    assert [len(await told(api, person)) for person in (blocked, unwilling, willing)] == [0, 0, 1]


@pytest.mark.parametrize("how", ["hidden", "removed", "deleted", "suspended"])
async def test_a_video_that_is_gone_before_the_worker_comes_is_told_to_nobody(api: Api, how: str):
    owner, follower = await api.enter(), await api.enter()
    await follow(api, owner, follower)
    video_id = UUID(await api.show_video(owner))
    async with api.database.transaction() as tx:
        await announce(tx, await videos.get_video(tx, video_id))
        if how == "hidden":
            await videos.update_video(tx, video_id, visibility=VideoVisibility.PRIVATE)
        elif how == "removed":
            await videos.remove_video(tx, video_id)
        elif how == "suspended":
            await users.set_user_status(tx, owner.uuid, UserStatus.SUSPENDED)
        else:
            await videos.delete_video(tx, video_id)
    await finished(api.database, str(video_id))
    assert await told(api, follower) == []


async def test_a_message_that_is_delivered_again_tells_nobody_twice(api: Api):
    owner, follower = await api.enter(), await api.enter()
    await follow(api, owner, follower)
    video_id = await publish(api, owner, "PUBLIC")
    await finished(api.database, video_id)
    await outbox.put(api.database, TOPIC, {"video_id": video_id}, dedup_key=f"again {video_id}")
    await finished(api.database, f"again {video_id}")
    assert len(await told(api, follower)) == 1


async def test_a_message_that_fails_is_tried_again_later_and_holds_up_no_other(
    api: Api, owner: Person, caplog: pytest.LogCaptureFixture
):
    broken = await outbox.put(api.database, TOPIC, {"video_id": "a secret"})
    await finished(api.database, await publish(api, owner, "PUBLIC"))

    async def has_failed() -> bool:
        return (await outbox.get_message(api.database, broken.id)).last_error is not None

    await until(has_failed)
    message = await outbox.get_message(api.database, broken.id)
    assert message.last_error == "ValueError"
    assert message.status in {MessageStatus.PENDING, MessageStatus.CLAIMED}
    assert f"message {broken.number} of the outbox failed: ValueError" in caplog.text
    assert "a secret" not in caplog.text


async def test_a_worker_finishes_what_another_one_has_left_and_stops_with_the_application(
    settings: Settings, own_settings: ApiSettings
):
    async def put(db: Database, key: str) -> Message:
        return await outbox.put(db, TOPIC, {"video_id": str(UUID(int=1))}, dedup_key=key)

    app, before = create_app(own_settings, settings), asyncio.all_tasks()
    async with open_database(settings, catalog=CATALOG) as db:
        await put(db, "before")
        async with app.router.lifespan_context(app):
            await finished(db, "before")
        assert {task.get_name() for task in asyncio.all_tasks() - before if "keep_up" in repr(task)} == set()
        assert (await put(db, "after")).status is MessageStatus.PENDING


async def test_the_upkeep_finds_what_is_viewed_most_and_deletes_what_is_old(
    settings: Settings, own_settings: ApiSettings
):
    app, clock = create_app(own_settings, settings), Clock()
    async with (
        open_database(settings, catalog=CATALOG) as db,
        open_database(settings, catalog=CATALOG, clock=clock) as old,
    ):
        clock.now = db.now() - timedelta(days=40)
        user = await users.insert_user(db, builders.user(), hashed_password="!")
        new = builders.notification(user, expires_at=clock.now + timedelta(days=1))
        await notifications.notify(old, new)
        message = await outbox.put(old, "other", {})
        await outbox.done_all(old, await outbox.claim(old, "other"))
        video = await videos.create_video(db, builders.video(user))
        await video_views.record_view(db, video.id, viewer_id=user.id)
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://api.example") as http,
        ):

            async def is_purged() -> bool:  # which comes last
                return await outbox.find_message(db, "other", dedup_key=message.dedup_key) is None

            await until(is_purged)
            trending = (await http.get("/videos/trending")).json()["items"]
            assert [(each["id"], each["views"]) for each in trending] == [(str(video.id), 1)]
            assert await notifications.find_notification(db, user.id, new.event_id) is None


async def test_work_that_the_database_interrupts_begins_again_until_the_end(caplog: pytest.LogCaptureFixture):
    stop, runs = asyncio.Event(), 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs < 3:
            raise ConnectionFailed("the server was restarted")
        stop.set()

    with caplog.at_level(logging.ERROR):
        await asyncio.wait_for(keep_up(work, stop, pause=0), 60)
    assert runs == 3
    assert caplog.text.count("begins again: ConnectionFailed: the server was restarted") == 2
