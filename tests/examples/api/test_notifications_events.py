"""What comes into an inbox: events told once, preferences, blocks, and what expires."""

from datetime import timedelta
from typing import Any

import pytest

from hangar_api.events import TEXTS, EventKind, tell
from hangar_dal import Transaction, User, builders, notifications, social, users, uuid7
from tests.examples.api.conftest import Api, Person, kind
from tests.helpers.clock import Clock

INBOX = "/me/notifications"


@pytest.fixture
async def ada(api: Api) -> Person:
    """Whose inbox is empty."""
    return await api.enter()


@pytest.fixture(scope="module")
async def bob(api: Api) -> User:
    return await users.get_user(api.database, (await api.enter(display_name="Bob")).uuid)


async def kinds(api: Api, person: Person) -> list[str]:
    return [each["kind"] for each in await api.all_of(person, INBOX)]


@pytest.mark.parametrize("event", EventKind)
async def test_each_kind_of_event_has_a_text_and_an_object(api: Api, ada: Person, bob: User, event: EventKind):
    object_id, group_id = uuid7(), uuid7()
    given: Any = {"actor": bob, "object_id": object_id, "group_id": group_id, "data": {"video_id": str(group_id)}}
    await tell(api.database, ada.uuid, event, **given)
    (found,) = await api.all_of(ada, INBOX, kind=event)
    assert found["object_kind"] == TEXTS[event][0]
    assert found["group_key"] == f"{event}:{group_id}"
    assert found["data"] == given["data"]
    assert "{" not in found["title"]
    assert found["body"] == ""


async def test_an_event_is_told_once_however_often_it_happens(api: Api, ada: Person, bob: User):
    object_id = uuid7()
    for _ in range(3):
        await tell(api.database, ada.uuid, EventKind.VIDEO_LIKED, actor=bob, object_id=object_id)
    await tell(api.database, ada.uuid, EventKind.COMMENT_LIKED, actor=bob, object_id=object_id)
    assert await kinds(api, ada) == ["COMMENT_LIKED", "VIDEO_LIKED"]


async def test_an_event_that_is_rolled_back_is_told_to_nobody(api: Api, ada: Person, bob: User):
    async def fail(tx: Transaction) -> None:
        await tell(tx, ada.uuid, EventKind.FOLLOWED, actor=bob, object_id=bob.id)
        raise LookupError

    with pytest.raises(LookupError):
        await api.database.in_transaction(fail)
    assert await kinds(api, ada) == []


async def test_nobody_is_told_of_their_own_acts_and_a_deleted_user_of_nothing(api: Api, ada: Person):
    actor = await users.get_user(api.database, ada.uuid)
    for recipient_id in (ada.uuid, None):
        await tell(api.database, recipient_id, EventKind.COMMENTED, actor=actor, object_id=uuid7())
    assert await kinds(api, ada) == []


@pytest.mark.parametrize("is_blocker", [True, False], ids=["by the recipient", "by the actor"])
async def test_a_block_deletes_notifications_between_the_two_and_prevents_new_ones(
    api: Api, ada: Person, is_blocker: bool
):
    other = await api.enter()
    actor = await users.get_user(api.database, other.uuid)
    await tell(api.database, ada.uuid, EventKind.FOLLOWED, actor=actor, object_id=actor.id)
    blocker, blocked = (ada, other) if is_blocker else (other, ada)
    await social.block(api.database, blocker_id=blocker.uuid, blocked_id=blocked.uuid)
    assert await kinds(api, ada) == []
    await tell(api.database, ada.uuid, EventKind.VIDEO_LIKED, actor=actor, object_id=uuid7())
    assert await kinds(api, ada) == []


async def test_a_kind_that_is_switched_off_comes_no_more_and_what_came_stays(api: Api, ada: Person, bob: User):
    await tell(api.database, ada.uuid, EventKind.FOLLOWED, actor=bob, object_id=bob.id)
    path = f"{INBOX}/preferences/FOLLOWED/INBOX"
    answer = await api.call(ada, "PUT", path, {"is_enabled": False})
    assert (answer.status_code, answer.json()["is_enabled"]) == (200, False)
    await tell(api.database, ada.uuid, EventKind.FOLLOWED, actor=bob, object_id=uuid7())
    await tell(api.database, ada.uuid, EventKind.VIDEO_LIKED, actor=bob, object_id=uuid7())
    assert await kinds(api, ada) == ["VIDEO_LIKED", "FOLLOWED"]
    await api.call(ada, "PUT", path, {"is_enabled": True})
    await tell(api.database, ada.uuid, EventKind.FOLLOWED, actor=bob, object_id=uuid7())
    assert await kinds(api, ada) == ["FOLLOWED", "VIDEO_LIKED", "FOLLOWED"]


async def test_another_channel_that_is_switched_off_leaves_the_inbox_as_it_is(api: Api, ada: Person, bob: User):
    await api.call(ada, "PUT", f"{INBOX}/preferences/FOLLOWED/EMAIL", {"is_enabled": False})
    await tell(api.database, ada.uuid, EventKind.FOLLOWED, actor=bob, object_id=bob.id)
    assert await kinds(api, ada) == ["FOLLOWED"]


async def test_preferences_are_listed_and_deleted_by_their_user_only(api: Api, ada: Person, stranger: Person):
    path = f"{INBOX}/preferences"
    assert await api.get(ada, path) == []
    for channel in ("PUSH", "EMAIL"):
        await api.call(ada, "PUT", f"{path}/COMMENTED/{channel}", {"is_enabled": False})
    listed = await api.get(ada, path)
    assert {(each["kind"], each["channel"], each["is_enabled"]) for each in listed} == {
        ("COMMENTED", "PUSH", False),
        ("COMMENTED", "EMAIL", False),
    }
    assert await api.get(stranger, path) == []
    assert (await api.call(stranger, "DELETE", f"{path}/COMMENTED/PUSH")).status_code == 204
    assert await api.get(ada, path) == listed
    for _ in range(2):
        assert (await api.call(ada, "DELETE", f"{path}/COMMENTED/PUSH")).status_code == 204
    assert [each["channel"] for each in await api.get(ada, path)] == ["EMAIL"]


BAD_PREFERENCES: dict[str, tuple[str, Any]] = {
    "an unknown kind": ("WAVED/INBOX", {"is_enabled": False}),
    "an unknown channel": ("FOLLOWED/PIGEON", {"is_enabled": False}),
    "no choice": ("FOLLOWED/INBOX", {}),
    "a choice that is none": ("FOLLOWED/INBOX", {"is_enabled": None}),
    "an unknown field": ("FOLLOWED/INBOX", {"is_enabled": True, "user_id": "x"}),
}


async def test_a_preference_of_the_wrong_form_is_refused(api: Api, stranger: Person, subtests: pytest.Subtests):
    for name, (part, body) in BAD_PREFERENCES.items():
        with subtests.test(name):
            assert kind(await api.call(stranger, "PUT", f"{INBOX}/preferences/{part}", body)) == (
                422,
                "invalid-request",
            )


async def test_a_notification_that_has_expired_is_shown_and_counted_no_more(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
):
    clock = Clock(api.database.now())
    monkeypatch.setattr(api.database, "clock", clock)
    new = builders.notification(ada.uuid, kind="FOLLOWED", expires_at=clock.now + timedelta(minutes=1))
    await notifications.notify(api.database, new)
    assert await kinds(api, ada) == ["FOLLOWED"]
    clock.advance(timedelta(minutes=2))
    assert await kinds(api, ada) == []
    assert await api.get(ada, f"{INBOX}/counts") == {"unread": 0, "unseen": 0}
    path = f"{INBOX}/{new.event_id}"
    for method, part in (("GET", ""), ("PUT", "/read")):
        assert kind(await api.call(ada, method, path + part)) == (404, "not-found")
