"""Reminders of livestreams: set, listed, taken back, and sent to the inbox through the outbox."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from hangar_api import reminding
from hangar_api.catalog import CATALOG
from hangar_api.main import create_app
from hangar_api.settings import ApiSettings
from hangar_dal import (
    Database,
    Settings,
    UserStatus,
    builders,
    livestream_reminders,
    livestreams,
    notifications,
    open_database,
    outbox,
    sealing,
    social,
    streaming,
    users,
)
from hangar_dal.livestreams import Livestream, VideoVisibility
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT = (404, "not-found"), (409, "conflict")
MINE = "/me/reminders"


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    """Without workers: these tests do what the workers would."""
    return ApiSettings.model_validate({"token_keys": sealing.new_key(), "workers": False})


async def announce(api: Api, owner: Person, **fields: Any) -> Livestream:
    """One that begins within the ten minutes that reminders come before it."""
    soon = api.database.now() + timedelta(minutes=5)
    given: dict[str, Any] = {"scheduled_at": soon} | fields
    return await livestreams.create_livestream(api.database, builders.livestream(owner.uuid, **given))


def path(livestream: Livestream) -> str:
    return f"/livestreams/{livestream.id}/reminder"


async def send(db: Database) -> None:
    """What the workers do until nothing is due."""
    while await streaming.queue_reminders(db):
        pass
    while claimed := await outbox.claim(db, streaming.REMINDERS):
        for message in claimed:
            await reminding.remind(db, message)
            await reminding.remind(db, message)
            await outbox.done(db, message)


async def test_a_reminder_is_set_once_and_taken_back(api: Api, owner: Person):
    fan, livestream = await api.enter(), await announce(api, owner)
    for method, items in (("PUT", 1), ("PUT", 1), ("DELETE", 0), ("DELETE", 0)):
        assert (await api.call(fan, method, path(livestream))).status_code == 204
        found = await api.all_of(fan, MINE)
        assert [(each["livestream_id"], each["queued_at"]) for each in found] == [(str(livestream.id), None)] * items


async def test_my_reminders_come_in_pages_the_last_set_first(api: Api, owner: Person, stranger: Person):
    fan, made = await api.enter(), [await announce(api, owner) for _ in range(3)]
    for each in made:
        await api.call(fan, "PUT", path(each))
    assert [each["livestream_id"] for each in await api.all_of(fan, MINE)] == [str(each.id) for each in made[::-1]]
    assert await api.all_of(stranger, MINE) == []


@pytest.mark.parametrize("step", ["start", "cancel", "end"])
async def test_what_has_begun_or_is_called_off_has_no_reminders(api: Api, owner: Person, stranger: Person, step: str):
    livestream = await announce(api, owner)
    for each in ["start", "end"] if step == "end" else [step]:
        assert (await api.call(owner, "POST", f"/livestreams/{livestream.id}/{each}")).is_success
    answer = await api.call(stranger, "PUT", path(livestream))
    assert (kind(answer), answer.json()["detail"]) == (
        CONFLICT,
        "Only a livestream that is still to begin has reminders.",
    )
    assert await api.all_of(stranger, MINE) == []


@pytest.mark.parametrize(("visibility", "may"), [("UNLISTED", "fso"), ("FOLLOWERS", "fo"), ("PRIVATE", "o")])
async def test_who_sees_a_livestream_may_be_reminded_of_it(
    api: Api, owner: Person, follower: Person, stranger: Person, visibility: str, may: str
):
    livestream = await announce(api, owner, visibility=VideoVisibility(visibility))
    for name, person in {"f": follower, "s": stranger, "o": owner}.items():
        answer = await api.call(person, "PUT", path(livestream))
        assert answer.status_code == 204 if name in may else kind(answer) == NOT_FOUND


async def test_a_block_refuses_reminders_and_an_unknown_livestream_has_none(api: Api):
    ada, ben = await api.enter(), await api.enter()
    livestream = await announce(api, ada)
    await social.block(api.database, blocker_id=ada.uuid, blocked_id=ben.uuid)
    for wanted in (path(livestream), f"/livestreams/{uuid4()}/reminder"):
        assert kind(await api.call(ben, "PUT", wanted)) == NOT_FOUND


@pytest.mark.parametrize(
    ("method", "wanted"),
    [("PUT", "/livestreams/{id}/reminder"), ("DELETE", "/livestreams/{id}/reminder"), ("GET", MINE)],
)
async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, method: str, wanted: str):
    assert kind(await api.call(None, method, wanted.format(id=uuid4()))) == (401, "token-invalid")


async def test_a_malformed_id_or_cursor_is_refused(api: Api, stranger: Person):
    for method, wanted in (
        ("PUT", "/livestreams/1/reminder"),
        ("DELETE", "/livestreams/1/reminder"),
        ("GET", f"{MINE}?cursor=x"),
    ):
        assert (await api.call(stranger, method, wanted)).status_code == 422


async def test_what_is_due_comes_into_the_inbox_once_and_cannot_be_taken_back(api: Api):
    owner, fan = await api.enter(display_name="Ada"), await api.enter()
    soon, late = await announce(api, owner), await announce(api, owner, scheduled_at=None)
    for each in (soon, late):
        await api.call(fan, "PUT", path(each))
    await send(api.database)
    assert await api.told(fan) == [("LIVESTREAM_BEGINS", owner.id, str(soon.id))]
    [told] = await api.all_of(fan, "/me/notifications")
    assert told["title"] == "A livestream of Ada begins"
    assert (await api.call(fan, "DELETE", path(soon))).status_code == 204
    found = {each["livestream_id"]: each["queued_at"] is not None for each in await api.all_of(fan, MINE)}
    assert found == {str(soon.id): True, str(late.id): False}


@pytest.mark.parametrize("how", ["hidden", "called off", "deleted", "blocked", "suspended", "unwanted"])
async def test_what_is_gone_or_unwanted_before_the_worker_comes_reminds_nobody(api: Api, how: str):
    owner, fan = await api.enter(), await api.enter()
    livestream = await announce(api, owner)
    await api.call(fan, "PUT", path(livestream))
    assert await streaming.queue_reminders(api.database) == 1
    if how == "hidden":
        await livestreams.update_livestream(api.database, livestream.id, visibility=VideoVisibility.PRIVATE)
    elif how == "called off":
        await livestreams.cancel_livestream(api.database, livestream.id)
    elif how == "deleted":
        await livestreams.delete_livestream(api.database, livestream.id)
    elif how == "blocked":
        await social.block(api.database, blocker_id=fan.uuid, blocked_id=owner.uuid)
    elif how == "suspended":
        await users.set_user_status(api.database, owner.uuid, UserStatus.SUSPENDED)
    else:
        preference = "/me/notifications/preferences/LIVESTREAM_BEGINS/INBOX"
        assert (await api.call(fan, "PUT", preference, {"is_enabled": False})).is_success
    await send(api.database)
    assert await api.told(fan) == []


async def test_the_application_reminds_by_itself(settings: Settings):
    own = ApiSettings.model_validate({"token_keys": sealing.new_key(), "poll_seconds": 0.05})
    app = create_app(own, settings)
    async with open_database(settings, catalog=CATALOG) as db:
        ids = [(await users.insert_user(db, builders.user(), hashed_password="!")).id for _ in range(2)]
        new = builders.livestream(ids[0], scheduled_at=db.now())
        livestream = await livestreams.create_livestream(db, new)
        await livestream_reminders.set_reminder(db, livestream.id, user_id=ids[1])
        async with app.router.lifespan_context(app), asyncio.timeout(60):
            while not (found := await inbox(db, ids[1])):  # noqa: ASYNC110  (nothing else reports it)
                await asyncio.sleep(0.02)
    assert found == [livestream.id]


async def inbox(db: Database, user_id: UUID) -> list[UUID | None]:
    return [each.object_id for each in await notifications.list_inbox(db, user_id)]
