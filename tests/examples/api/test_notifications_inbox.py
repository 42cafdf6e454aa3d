"""The inbox of a user: read it, mark and delete what is in it, and choose what comes into it."""

from typing import Any
from uuid import uuid4

import pytest

from hangar_api.events import EventKind, tell
from hangar_dal import User, users, uuid7
from tests.examples.api.conftest import Api, Person, kind

INBOX = "/me/notifications"
NOT_FOUND = (404, "not-found")


async def like(api: Api, recipient: Person, actor: Person, *, what: EventKind = EventKind.VIDEO_LIKED) -> str:
    """The object of an event that the recipient is told of."""
    object_id = uuid7()
    user: User = await users.get_user(api.database, actor.uuid)
    await tell(api.database, recipient.uuid, what, actor=user, object_id=object_id)
    return str(object_id)


@pytest.fixture
async def ada(api: Api) -> Person:
    """Whose inbox is empty."""
    return await api.enter()


@pytest.fixture(scope="module")
async def bob(api: Api) -> Person:
    return await api.enter(display_name="Bob")


async def counts(api: Api, person: Person) -> tuple[int, int]:
    found = await api.get(person, f"{INBOX}/counts")
    return found["unread"], found["unseen"]


async def test_an_inbox_is_empty_at_first(api: Api, ada: Person):
    assert await api.get(ada, INBOX) == {"items": [], "next_cursor": None}
    assert await counts(api, ada) == (0, 0)


async def test_a_notification_says_who_did_what(api: Api, ada: Person, bob: Person):
    liked = await like(api, ada, bob)
    (found,) = await api.all_of(ada, INBOX)
    assert (found["kind"], found["actor_id"], found["title"]) == ("VIDEO_LIKED", bob.id, "Bob likes your video")
    assert (found["object_kind"], found["object_id"]) == ("VIDEO", liked)
    assert (found["seen_at"], found["read_at"]) == (None, None)
    assert "expires_at" not in found
    assert await api.get(ada, f"{INBOX}/{found['event_id']}") == found


async def test_the_inbox_comes_in_pages_the_newest_first(api: Api, ada: Person, bob: Person):
    liked = [await like(api, ada, bob) for _ in range(5)]
    assert [each["object_id"] for each in await api.all_of(ada, INBOX)] == liked[::-1]


async def test_the_inbox_can_be_of_one_kind_of_one_group_and_of_the_unread(api: Api, ada: Person, bob: Person):
    liked, followed = await like(api, ada, bob), await like(api, ada, bob, what=EventKind.FOLLOWED)
    by_follow, by_like = await api.all_of(ada, INBOX)
    assert by_like["object_id"] == liked
    assert await api.all_of(ada, INBOX, kind="FOLLOWED") == [by_follow]
    assert await api.all_of(ada, INBOX, group_key=f"VIDEO_LIKED:{liked}") == [by_like]
    assert await api.all_of(ada, INBOX, group_key=f"VIDEO_LIKED:{followed}") == []
    await api.call(ada, "PUT", f"{INBOX}/{by_follow['event_id']}/read")
    assert await api.all_of(ada, INBOX, only="unread") == [by_like]
    assert await api.all_of(ada, INBOX, only="unread", kind="FOLLOWED") == []


BAD_QUERIES: dict[str, dict[str, Any]] = {
    "an unknown kind": {"kind": "WAVED"},
    "only what was read": {"only": "read"},
    "a long group": {"group_key": "x" * 201},
    "an unknown filter": {"colour": "red"},
    "a limit of 101": {"limit": 101},
    "a cursor of another list": {"cursor": "W251bGwsbnVsbF0"},
    "a cursor that is no cursor": {"cursor": "x"},
    "a long cursor": {"cursor": "x" * 1001},
}


async def test_a_query_of_the_wrong_form_is_refused(api: Api, bob: Person, subtests: pytest.Subtests):
    for name, query in BAD_QUERIES.items():
        with subtests.test(name):
            assert (await api.call(bob, "GET", INBOX, params=query)).status_code == 422


async def test_one_is_marked_as_read_and_as_unread_and_stays_seen(api: Api, ada: Person, bob: Person):
    for _ in range(2):
        await like(api, ada, bob)
    path = f"{INBOX}/{(await api.all_of(ada, INBOX))[0]['event_id']}"
    read = (await api.call(ada, "PUT", f"{path}/read")).json()
    assert read["read_at"] == read["seen_at"] is not None
    assert (await api.call(ada, "PUT", f"{path}/read")).json() == read, "the first time counts"
    assert await counts(api, ada) == (1, 1)
    for _ in range(2):
        unread = (await api.call(ada, "DELETE", f"{path}/read")).json()
        assert (unread["read_at"], unread["seen_at"]) == (None, read["seen_at"])
    assert await counts(api, ada) == (2, 1)


async def test_several_are_marked_as_read_and_those_of_others_are_left_out(api: Api, ada: Person, bob: Person):
    other = await api.enter()
    for person in (ada, ada, ada, other):
        await like(api, person, bob)
    ids = [each["event_id"] for each in await api.all_of(ada, INBOX)]
    of_other = (await api.all_of(other, INBOX))[0]["event_id"]
    given = {"event_ids": [*ids[:2], ids[0], of_other, str(uuid4())]}
    for marked in (2, 0):
        assert (await api.call(ada, "POST", f"{INBOX}/read", given)).json() == {"marked": marked}
    assert await counts(api, ada) == (1, 1)
    assert await counts(api, other) == (1, 1)


@pytest.mark.parametrize(("route", "expected"), [("seen", (3, 1)), ("read-all", (1, 1))])
async def test_all_up_to_an_instant_are_marked_and_later_ones_stay(
    api: Api, ada: Person, bob: Person, route: str, expected: tuple[int, int]
):
    for _ in range(2):
        await like(api, ada, bob)
    newest = (await api.all_of(ada, INBOX))[0]
    await like(api, ada, bob)
    for marked in (2, 0):
        answer = await api.call(ada, "POST", f"{INBOX}/{route}", {"until": newest["created_at"]})
        assert answer.json() == {"marked": marked}
    assert await counts(api, ada) == expected


BAD_BODIES: dict[str, tuple[str, Any]] = {
    "an instant without a time zone": ("seen", {"until": "2026-01-01T00:00:00"}),
    "no instant": ("read-all", {}),
    "an unknown field": ("read-all", {"until": "2026-01-01T00:00:00Z", "kind": "FOLLOWED"}),
    "too many ids": ("read", {"event_ids": [str(uuid4())] * 1001}),
    "an id that is none": ("read", {"event_ids": ["seven"]}),
}


async def test_a_body_of_the_wrong_form_is_refused(api: Api, bob: Person, subtests: pytest.Subtests):
    for name, (route, body) in BAD_BODIES.items():
        with subtests.test(name):
            assert kind(await api.call(bob, "POST", f"{INBOX}/{route}", body)) == (422, "invalid-request")


async def test_a_notification_that_was_deleted_is_gone(api: Api, ada: Person, bob: Person):
    await like(api, ada, bob)
    path = f"{INBOX}/{(await api.all_of(ada, INBOX))[0]['event_id']}"
    assert (await api.call(ada, "DELETE", path)).status_code == 204
    assert kind(await api.call(ada, "DELETE", path)) == NOT_FOUND
    assert (await api.all_of(ada, INBOX), await counts(api, ada)) == ([], (0, 0))


OF_ONE = [("GET", ""), ("PUT", "/read"), ("DELETE", "/read"), ("DELETE", "")]


@pytest.mark.parametrize(("method", "part"), OF_ONE)
async def test_a_notification_of_somebody_else_is_not_found(
    api: Api, ada: Person, bob: Person, stranger: Person, method: str, part: str
):
    await like(api, ada, bob)
    (before,) = await api.all_of(ada, INBOX)
    for event_id in (before["event_id"], uuid4()):
        assert kind(await api.call(stranger, method, f"{INBOX}/{event_id}{part}")) == NOT_FOUND
    assert await api.all_of(ada, INBOX) == [before]
    assert kind(await api.call(stranger, method, f"{INBOX}/seven{part}")) == (422, "invalid-request")


NEEDS_A_USER = [
    *((method, f"/{uuid4()}{part}") for method, part in OF_ONE),
    ("GET", ""),
    ("GET", "/counts"),
    ("POST", "/seen"),
    ("POST", "/read"),
    ("POST", "/read-all"),
    ("GET", "/preferences"),
    ("PUT", "/preferences/FOLLOWED/INBOX"),
    ("DELETE", "/preferences/FOLLOWED/INBOX"),
]


async def test_somebody_who_is_not_signed_in_has_no_inbox(api: Api, subtests: pytest.Subtests):
    for method, path in NEEDS_A_USER:
        with subtests.test(method=method, path=path):
            assert kind(await api.call(None, method, INBOX + path)) == (401, "token-invalid")
