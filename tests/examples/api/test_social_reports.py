"""Reports, and the queue from which moderators claim them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import UserRole, reports, social
from hangar_dal.reports import ReportResolution
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")
QUEUE = "/moderation/reports"


@pytest.fixture
async def ada(api: Api) -> Person:
    """Who reports."""
    return await api.enter()


@pytest.fixture(scope="module")
async def colleague(api: Api) -> Person:
    """Another moderator."""
    return await api.enter(UserRole.MODERATOR)


@pytest.fixture(autouse=True)
async def _empty_queue(api: Api, moderator: Person, colleague: Person) -> None:
    """The tests of this module share a queue, and each begins with an empty one."""
    db = api.database
    while await reports.claim_report(db, moderator_id=moderator.uuid):
        pass
    for holder in (moderator.uuid, colleague.uuid):
        for held in await reports.list_claimed_reports(db, holder):
            await reports.resolve_report(db, held.id, moderator_id=holder, resolution=ReportResolution.NO_ACTION)


async def report(api: Api, person: Person, **given: Any) -> dict[str, Any]:
    """A report about a user, unless something else is given."""
    if "target_id" not in given:
        given["target_id"] = (await api.enter()).id
    body = {"target_kind": "USER", "reason": "SPAM"} | given
    answer = await api.call(person, "POST", "/reports", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def claim(api: Api, person: Person) -> Any:
    answer = await api.call(person, "POST", f"{QUEUE}/claim")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("target", ["VIDEO", "COMMENT", "USER"])
async def test_a_target_is_reported_once_until_it_is_resolved(api: Api, ada: Person, moderator: Person, target: str):
    bob = await api.enter()
    video_id = await api.show_video(bob)
    comment = await api.call(bob, "POST", f"/videos/{video_id}/comments", {"body": "Buy now"})
    target_id = {"VIDEO": video_id, "COMMENT": comment.json()["id"], "USER": bob.id}[target]
    given = {"target_kind": target, "target_id": target_id, "details": " It is an advertisement. "}
    first = await report(api, ada, **given)
    assert (first["status"], first["details"]) == ("OPEN", "It is an advertisement.")
    assert await report(api, ada, **given | {"reason": "ABUSE"}) == first
    assert (await claim(api, moderator))["id"] == first["id"]
    await api.call(moderator, "POST", f"{QUEUE}/{first['id']}/resolve", {"resolution": "ACTION_TAKEN"})
    assert (await report(api, ada, **given))["id"] != first["id"]


async def test_the_reporter_sees_the_decision_and_not_who_made_it(api: Api, ada: Person, moderator: Person):
    made = await report(api, ada)
    await claim(api, moderator)
    body = {"resolution": "NO_ACTION", "note": "They know each other."}
    await api.call(moderator, "POST", f"{QUEUE}/{made['id']}/resolve", body)
    (found,) = await api.all_of(ada, "/me/reports")
    assert (found["status"], found["resolution"]) == ("RESOLVED", "NO_ACTION")
    assert not {"note", "claimed_by", "reporter_id", "metadata"} & set(found)


async def test_my_reports_come_in_pages_the_newest_first(api: Api, ada: Person):
    made = [(await report(api, ada))["id"] for _ in range(3)]
    await report(api, await api.enter())
    assert [each["id"] for each in await api.all_of(ada, "/me/reports")] == made[::-1]


async def test_a_report_with_an_id_that_somebody_has_used_is_refused(api: Api, ada: Person):
    given = {"id": str(uuid4()), "target_id": (await api.enter()).id}
    assert await report(api, ada, **given) == await report(api, ada, **given)
    body = {"target_kind": "USER", "reason": "SPAM"} | given
    answer = await api.call(await api.enter(), "POST", "/reports", body)
    assert kind(answer) == (409, "unique-violation")
    assert "id" in answer.json()["detail"]


@pytest.mark.parametrize("is_blocker", [True, False])
async def test_a_block_prevents_no_report(api: Api, ada: Person, is_blocker: bool):
    bob = await api.enter()
    blocker, blocked = (ada, bob) if is_blocker else (bob, ada)
    await social.block(api.database, blocker_id=blocker.uuid, blocked_id=blocked.uuid)
    assert (await report(api, ada, target_id=bob.id, reason="ABUSE"))["status"] == "OPEN"


async def test_moderators_claim_the_oldest_and_never_the_same(
    api: Api, ada: Person, moderator: Person, colleague: Person
):
    first, second = await report(api, ada), await report(api, ada)
    claimed = await claim(api, moderator)
    assert (claimed["id"], claimed["status"], claimed["claimed_by"]) == (first["id"], "CLAIMED", moderator.id)
    assert claimed["reporter_id"] == ada.id
    assert (await claim(api, colleague))["id"] == second["id"]
    assert await claim(api, moderator) is None
    assert await api.get(moderator, f"{QUEUE}/claimed") == [claimed]
    assert await api.get(colleague, f"{QUEUE}/{first['id']}") == claimed


async def test_a_claimed_report_is_resolved_or_released_by_who_holds_it(
    api: Api, ada: Person, moderator: Person, colleague: Person
):
    path = f"{QUEUE}/{(await report(api, ada))['id']}"
    done = {"resolution": "ACTION_TAKEN", "note": "Removed."}
    assert kind(await api.call(moderator, "POST", f"{path}/resolve", done)) == (409, "conflict"), "nobody holds it"
    await claim(api, moderator)
    assert kind(await api.call(colleague, "POST", f"{path}/resolve", done)) == (409, "conflict")
    assert kind(await api.call(colleague, "POST", f"{path}/release")) == (409, "conflict")
    first, again = [(await api.call(moderator, "POST", f"{path}/resolve", done)).json() for _ in range(2)]
    assert first == again
    assert (first["status"], first["resolution"], first["note"]) == ("RESOLVED", "ACTION_TAKEN", "Removed.")
    other = await api.call(moderator, "POST", f"{path}/resolve", {"resolution": "NO_ACTION"})
    assert kind(other) == (409, "conflict"), "a decision is not changed"
    assert kind(await api.call(moderator, "POST", f"{path}/release")) == (409, "conflict")


async def test_a_released_report_goes_back_to_its_place(api: Api, ada: Person, moderator: Person, colleague: Person):
    first, second = await report(api, ada), await report(api, ada)
    await claim(api, moderator)
    assert (await api.call(moderator, "POST", f"{QUEUE}/{first['id']}/release")).status_code == 204
    assert kind(await api.call(moderator, "POST", f"{QUEUE}/{first['id']}/release")) == (409, "conflict")
    assert await api.get(moderator, f"{QUEUE}/claimed") == []
    assert [(await claim(api, colleague))["id"] for _ in range(2)] == [first["id"], second["id"]]


async def test_after_the_lease_another_moderator_claims_the_report(
    api: Api, ada: Person, moderator: Person, colleague: Person
):
    made = await report(api, ada)
    lease = timedelta(microseconds=1)
    held = await reports.claim_report(api.database, moderator_id=moderator.uuid, lease=lease)
    assert held is not None
    assert (await claim(api, colleague))["id"] == made["id"] == str(held.id)
    answer = await api.call(moderator, "POST", f"{QUEUE}/{made['id']}/resolve", {"resolution": "NO_ACTION"})
    assert kind(answer) == (409, "conflict")


async def test_the_queue_is_listed_by_status_and_by_target(api: Api, ada: Person, moderator: Person):
    bob = await api.enter()
    made = [(await report(api, each, target_id=bob.id))["id"] for each in (ada, await api.enter(), await api.enter())]
    assert [each["id"] for each in await api.all_of(moderator, QUEUE)] == made[::-1]
    assert [each["id"] for each in await api.all_of(moderator, f"{QUEUE}/about/{bob.id}")] == made[::-1]
    await claim(api, moderator)
    assert [each["id"] for each in await api.all_of(moderator, QUEUE)] == made[:0:-1]
    assert [each["id"] for each in await api.all_of(moderator, QUEUE, status="CLAIMED")] == made[:1]
    answer = await api.call(moderator, "GET", QUEUE, params={"status": "LOST"})
    assert kind(answer) == (422, "invalid-request")


@pytest.mark.parametrize("body", [{}, {"resolution": "LATER"}, {"resolution": "NO_ACTION", "note": ""}])
async def test_a_decision_of_the_wrong_form_is_refused(api: Api, ada: Person, moderator: Person, body: dict[str, str]):
    made = await report(api, ada)
    await claim(api, moderator)
    path = f"{QUEUE}/{made['id']}"
    assert kind(await api.call(moderator, "POST", f"{path}/resolve", body)) == (422, "invalid-request")
    assert (await api.get(moderator, path))["status"] == "CLAIMED"


async def test_what_does_not_exist_is_not_resolved(api: Api, moderator: Person):
    for action in ("resolve", "release"):
        answer = await api.call(moderator, "POST", f"{QUEUE}/{uuid4()}/{action}", {"resolution": "NO_ACTION"})
        assert kind(answer) == NOT_FOUND
    assert kind(await api.call(moderator, "GET", f"{QUEUE}/{uuid4()}")) == NOT_FOUND


async def test_a_report_stays_when_its_target_and_its_reporter_are_gone(
    api: Api, ada: Person, moderator: Person, administrator: Person
):
    bob = await api.enter()
    made = await report(api, ada, target_id=bob.id)
    for person in (bob, ada):
        await api.call(administrator, "DELETE", f"/admin/users/{person.id}")
    claimed = await claim(api, moderator)
    assert (claimed["id"], claimed["target_id"], claimed["reporter_id"]) == (made["id"], bob.id, None)
