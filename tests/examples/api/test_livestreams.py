"""Livestreams: announced, begun, watched, ended and recorded; who sees them, and the encoder's key."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hangar_dal import live_viewers, social, uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT = (404, "not-found"), (409, "trigger-violation")
PATH, MINE = "/livestreams", "/me/livestreams"


async def announce(api: Api, owner: Person, **fields: Any) -> dict[str, Any]:
    answer = await api.call(owner, "POST", PATH, {"title": "Night flight", "visibility": "PUBLIC"} | fields)
    assert answer.status_code == 201, answer.text
    livestream: dict[str, Any] = answer.json()
    return livestream


async def go(api: Api, owner: Person, livestream: dict[str, Any], step: str) -> httpx.Response:
    return await api.call(owner, "POST", f"{PATH}/{livestream['id']}/{step}")


async def begin(api: Api, owner: Person, **fields: Any) -> dict[str, Any]:
    answer = await go(api, owner, await announce(api, owner, **fields), "start")
    assert answer.is_success, answer.text
    livestream: dict[str, Any] = answer.json()
    return livestream


@pytest.fixture
def category() -> str:
    """One that no other test uses."""
    return f"c{uuid4().hex[:20]}"


async def test_a_livestream_is_announced_once_with_folded_tags(api: Api, owner: Person):
    given = str(uuid7())
    first, again = [await announce(api, owner, id=given, tags=["Straße"]) for _ in range(2)]
    assert first == again
    assert (first["status"], first["tags"], first["owner_id"]) == ("SCHEDULED", ["strasse"], owner.id)


async def test_an_id_of_somebody_else_s_livestream_is_taken(api: Api, owner: Person, stranger: Person):
    livestream = await announce(api, owner)
    answer = await api.call(stranger, "POST", PATH, {"id": livestream["id"], "title": "Mine"})
    assert (kind(answer), answer.json()["detail"]) == (
        (409, "unique-violation"),
        "Another livestream has this id already.",
    )


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "no title": {"title": ""},
    "a language that is none": {"language": "English!"},
    "31 tags": {"tags": [f"tag{number}" for number in range(31)]},
    "a thumbnail that runs a script": {"thumbnail": "javascript:alert(1)"},
    "an unknown visibility": {"visibility": "SECRET"},
    "a time without its zone": {"scheduled_at": "2030-01-01T00:00:00"},
    "a status": {"status": "LIVE"},
}


async def test_a_bad_field_is_refused_in_a_new_livestream_and_in_a_change(
    api: Api, owner: Person, subtests: pytest.Subtests
):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            assert (await api.call(owner, "POST", PATH, {"title": "Flight"} | fields)).status_code == 422
            livestream = await announce(api, owner)
            assert (await api.call(owner, "PATCH", f"{PATH}/{livestream['id']}", fields)).status_code == 422
            assert await api.get(owner, f"{PATH}/{livestream['id']}") == livestream


async def test_a_change_leaves_other_fields_as_they_are(api: Api, owner: Person):
    livestream = await announce(api, owner, language="de", tags=["night"])
    path, changes = f"{PATH}/{livestream['id']}", {"title": "Day flight", "language": None}
    changed = (await api.call(owner, "PATCH", path, changes)).json()
    assert changed == livestream | changes | {"updated_at": changed["updated_at"]}
    assert (await api.call(owner, "PATCH", path, {})).json() == changed


async def test_a_livestream_begins_ends_and_stays_so(api: Api, owner: Person):
    livestream = await announce(api, owner)
    assert kind(await go(api, owner, livestream, "end")) == CONFLICT
    for step, status in (("start", "LIVE"), ("end", "ENDED")):
        first, again = [(await go(api, owner, livestream, step)).json() for _ in range(2)]
        assert (first["status"], first) == (status, again)
    for step in ("start", "cancel"):
        assert kind(await go(api, owner, livestream, step)) == CONFLICT


async def test_what_is_called_off_does_not_begin(api: Api, owner: Person):
    livestream = await announce(api, owner)
    for _ in range(2):
        assert (await go(api, owner, livestream, "cancel")).json()["status"] == "CANCELLED"
    assert kind(await go(api, owner, livestream, "start")) == CONFLICT


async def test_an_encoder_begins_with_its_key_until_there_is_a_new_one(api: Api, owner: Person):
    livestream = await announce(api, owner)
    keys = [(await go(api, owner, livestream, "key")).json()["key"] for _ in range(2)]
    assert kind(await api.call(None, "POST", "/ingest/start", {"key": keys[0]})) == NOT_FOUND
    for _ in range(2):
        begun = await api.call(None, "POST", "/ingest/start", {"key": keys[1]})
        assert (begun.json()["id"], begun.json()["status"]) == (livestream["id"], "LIVE")
    for _ in range(2):
        assert (await api.call(owner, "DELETE", f"{PATH}/{livestream['id']}/key")).status_code == 204
    answer = await api.call(None, "POST", "/ingest/start", {"key": keys[1]})
    assert kind(answer) == NOT_FOUND
    assert keys[1] not in answer.text


async def test_my_livestreams_come_in_pages_the_newest_first_and_by_status(api: Api):
    person = await api.enter()
    made = [(await announce(api, person))["id"] for _ in range(3)]
    assert [each["id"] for each in await api.all_of(person, MINE)] == made[::-1]
    await go(api, person, {"id": made[0]}, "start")
    assert [each["id"] for each in await api.all_of(person, MINE, status="LIVE")] == [made[0]]


async def test_what_is_live_comes_the_last_begun_first(api: Api, owner: Person, category: str):
    made = [await begin(api, owner, category=category) for _ in range(3)]
    assert [each["id"] for each in await api.all_of(None, PATH, category=category)] == [
        each["id"] for each in made[::-1]
    ]
    await go(api, owner, made[1], "end")
    assert len(await api.all_of(None, PATH, category=category)) == 2


async def test_what_has_viewers_comes_with_the_most_first(api: Api, owner: Person, category: str):
    made = [await begin(api, owner, category=category) for _ in range(3)]
    viewers = [await api.enter() for _ in range(2)]
    for livestream, present in ((made[0], viewers[:1]), (made[1], viewers)):
        for viewer in present:
            await api.call(viewer, "POST", f"{PATH}/{livestream['id']}/presence")
    await live_viewers.sample_viewers(api.database)
    found = await api.all_of(None, f"{PATH}/most-viewed", category=category)
    assert [(each["id"], each["viewers"]) for each in found] == [(made[1]["id"], 2), (made[0]["id"], 1)]


async def test_what_is_to_begin_comes_the_next_first(api: Api, owner: Person, category: str):
    now = api.database.now()
    days = [3, 1, 2]
    made = {
        day: await announce(api, owner, category=category, scheduled_at=str(now + timedelta(days=day))) for day in days
    }
    found = await api.all_of(None, f"{PATH}/scheduled", category=category)
    assert [each["id"] for each in found] == [made[day]["id"] for day in sorted(days)]


async def test_a_follower_finds_what_is_live_from_those_whom_they_follow(api: Api, follower: Person, owner: Person):
    livestream = await begin(api, owner, visibility="FOLLOWERS")
    assert livestream["id"] in [each["id"] for each in await api.all_of(follower, f"{MINE}/followed")]
    assert await api.all_of(await api.enter(), f"{MINE}/followed") == []


@pytest.mark.parametrize(
    ("visibility", "seen_by"), [("PUBLIC", "fso"), ("UNLISTED", "fso"), ("FOLLOWERS", "f"), ("PRIVATE", "")]
)
async def test_who_sees_a_livestream(
    api: Api, owner: Person, follower: Person, stranger: Person, visibility: str, seen_by: str
):
    livestream = await begin(api, owner, visibility=visibility)
    people = {"f": follower, "s": stranger, "o": None}
    for name, person in people.items():
        for path in ("", "/viewers", "/chat", "/chat/rules", "/donations/totals"):
            answer = await api.call(person, "GET", f"{PATH}/{livestream['id']}{path}")
            assert answer.status_code == (200 if name in seen_by else 404), (name, path)
    listed = [each["id"] for each in await api.all_of(None, f"/users/{owner.id}/livestreams")]
    assert (livestream["id"] in listed) is (visibility == "PUBLIC")


async def test_a_block_hides_livestreams_both_ways(api: Api, category: str):
    ada, ben = await api.enter(), await api.enter()
    livestream = await begin(api, ada, category=category)
    await social.block(api.database, blocker_id=ben.uuid, blocked_id=ada.uuid)
    assert kind(await api.call(ben, "GET", f"{PATH}/{livestream['id']}")) == NOT_FOUND
    assert await api.all_of(ben, PATH, category=category) == []
    assert len(await api.all_of(None, PATH, category=category)) == 1


async def test_viewers_are_counted_while_it_is_live(api: Api, owner: Person, stranger: Person):
    livestream = await announce(api, owner)
    present = (stranger, "POST", f"{PATH}/{livestream['id']}/presence")
    assert (await api.call(*present)).json() == {"is_counted": False}
    await go(api, owner, livestream, "start")
    for _ in range(2):
        assert (await api.call(*present)).json() == {"is_counted": True}
    await live_viewers.sample_viewers(api.database)
    viewers = await api.get(None, f"{PATH}/{livestream['id']}/viewers")
    assert (viewers["viewers"], viewers["peak"], viewers["all_viewers"]) == (1, 1, 1)
    await go(api, owner, livestream, "end")
    assert (await api.call(*present)).json() == {"is_counted": False}


async def test_the_recording_becomes_one_video(api: Api, owner: Person):
    livestream = await begin(api, owner, language="de")
    path, given = f"{PATH}/{livestream['id']}/recording", {"video_id": str(uuid7())}
    assert (await api.call(owner, "PUT", path, given)).status_code == 422
    await go(api, owner, livestream, "end")
    for _ in range(2):
        assert (await api.call(owner, "PUT", path, given)).json()["recording_id"] == given["video_id"]
    video = await api.get(owner, f"/videos/{given['video_id']}")
    assert (video["title"], video["language"], video["status"]) == (livestream["title"], "de", "UPLOADING")
    assert kind(await api.call(owner, "PUT", path, {"video_id": str(uuid7())})) == CONFLICT


async def test_a_livestream_is_deleted_once(api: Api, owner: Person):
    path = f"{PATH}/{(await announce(api, owner))['id']}"
    assert (await api.call(owner, "DELETE", path)).status_code == 204
    assert kind(await api.call(owner, "DELETE", path)) == NOT_FOUND


OF_OWNER: dict[str, tuple[str, str, Any]] = {
    "change": ("PATCH", f"{PATH}/{{id}}", {"title": "x"}),
    "start": ("POST", f"{PATH}/{{id}}/start", None),
    "end": ("POST", f"{PATH}/{{id}}/end", None),
    "cancel": ("POST", f"{PATH}/{{id}}/cancel", None),
    "record": ("PUT", f"{PATH}/{{id}}/recording", {}),
    "issue a key": ("POST", f"{PATH}/{{id}}/key", None),
    "delete the key": ("DELETE", f"{PATH}/{{id}}/key", None),
    "delete": ("DELETE", f"{PATH}/{{id}}", None),
}
ALL = [*OF_OWNER.values(), ("POST", PATH, {}), ("GET", MINE, None), ("GET", f"{MINE}/followed", None)]


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for method, path, body in ALL:
        with subtests.test(method=method, path=path):
            assert kind(await api.call(None, method, path.format(id=uuid4()), body)) == (401, "token-invalid")


async def test_a_livestream_of_somebody_else_is_not_found_even_if_it_is_public(
    api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_OWNER.items():
        with subtests.test(name):
            for livestream_id in ((await announce(api, owner))["id"], uuid4()):
                assert kind(await api.call(stranger, method, path.format(id=livestream_id), body)) == NOT_FOUND
