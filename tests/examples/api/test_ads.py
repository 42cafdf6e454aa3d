"""Campaigns and creatives from the draft to the review, and ads that are chosen, shown and clicked."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from hangar_dal import ad_reports, uuid7
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND, CONFLICT, FORBIDDEN = (404, "not-found"), (409, "trigger-violation"), (403, "forbidden")
PATH, REVIEW = "/me/campaigns", "/moderation/campaigns"


def draft(api: Api, **fields: Any) -> dict[str, Any]:
    budget = {"total_budget": 1000, "daily_budget": 1000, "bid": 10, "currency": "EUR", "pacing": "FAST"}
    starts_at = str(api.database.now() - timedelta(minutes=1))
    return {"name": "Spring", "starts_at": starts_at} | budget | fields


async def create(api: Api, owner: Person, **fields: Any) -> dict[str, Any]:
    answer = await api.call(owner, "POST", PATH, draft(api, **fields))
    assert answer.status_code == 201, answer.text
    campaign: dict[str, Any] = answer.json()
    return campaign


async def add_creative(api: Api, owner: Person, campaign: dict[str, Any], **fields: Any) -> dict[str, Any]:
    given = {"title": "Kettles", "landing_url": "https://kettles.example/"} | fields
    answer = await api.call(owner, "POST", f"{PATH}/{campaign['id']}/creatives", given)
    assert answer.status_code == 201, answer.text
    creative: dict[str, Any] = answer.json()
    return creative


async def put_status(api: Api, owner: Person, path: str, status: str) -> httpx.Response:
    return await api.call(owner, "PUT", f"{path}/status", {"status": status})


async def running(api: Api, owner: Person, moderator: Person, keyword: str, **fields: Any) -> dict[str, Any]:
    """A campaign that runs, for requests with this keyword."""
    campaign = await create(api, owner, keywords=[keyword], **fields)
    creative = await add_creative(api, owner, campaign)
    for path in (f"campaigns/{campaign['id']}", f"creatives/{creative['id']}"):
        assert (await put_status(api, owner, f"/me/{path}", "REVIEW")).is_success
        decided = await api.call(moderator, "POST", f"/moderation/{path}/decide", {"decision": "APPROVE"})
        assert decided.is_success, decided.text
    return campaign | {"creative": creative["id"]}


async def ask(api: Api, viewer: Person | None, keyword: str, **fields: Any) -> httpx.Response:
    key = {} if viewer else {"viewer_key": f"visitor-of-{keyword}"}
    return await api.call(viewer, "POST", "/ads", {"currency": "EUR", "keywords": [keyword]} | key | fields)


@pytest.fixture
def keyword() -> str:
    """One that no other test uses."""
    return f"word {uuid4().hex[:12]}"


async def test_a_campaign_is_a_draft_with_folded_keywords_and_made_once(api: Api, owner: Person):
    given = str(uuid7())
    first, again = [await create(api, owner, id=given, keywords=["Straße", "STRASSE"]) for _ in range(2)]
    assert first == again
    assert (first["status"], first["keywords"], first["owner_id"]) == ("DRAFT", ["strasse"], owner.id)
    assert await api.get(owner, f"{PATH}/{given}") == first


async def test_an_id_of_somebody_else_s_campaign_is_taken(api: Api, owner: Person, stranger: Person):
    campaign = await create(api, owner)
    answer = await api.call(stranger, "POST", PATH, draft(api, id=campaign["id"]))
    assert kind(answer) == (409, "unique-violation")
    assert answer.json()["detail"] == "Another campaign has this id already."


BAD_FIELDS: dict[str, dict[str, Any]] = {
    "a bid above the daily budget": {"bid": 1001},
    "a daily budget above the total": {"daily_budget": 1001},
    "nothing to spend": {"total_budget": 0},
    "an end before the start": {"ends_at": "2020-01-01T00:00:00Z"},
    "a cap of 101": {"frequency_cap": 101},
    "31 keywords": {"keywords": [f"word{number}" for number in range(31)]},
    "an unknown pacing": {"pacing": "SLOW"},
    "a long name": {"name": "x" * 201},
}


async def test_a_bad_field_is_refused_in_a_new_campaign_and_in_a_change(
    api: Api, owner: Person, subtests: pytest.Subtests
):
    for name, fields in BAD_FIELDS.items():
        with subtests.test(name):
            assert (await api.call(owner, "POST", PATH, draft(api, **fields))).status_code == 422
            campaign = await create(api, owner)
            assert (await api.call(owner, "PATCH", f"{PATH}/{campaign['id']}", fields)).status_code == 422
            assert await api.get(owner, f"{PATH}/{campaign['id']}") == campaign


async def test_a_change_leaves_other_fields_as_they_are(api: Api, owner: Person):
    campaign = await create(api, owner, frequency_cap=3)
    path, changes = f"{PATH}/{campaign['id']}", {"name": "Summer", "frequency_cap": None, "keywords": ["TEA"]}
    changed = (await api.call(owner, "PATCH", path, changes)).json()
    assert changed == campaign | changes | {"keywords": ["tea"], "updated_at": changed["updated_at"]}
    assert (await api.call(owner, "PATCH", path, {})).json() == changed


async def test_my_campaigns_come_in_pages_the_newest_first_and_by_status(api: Api):
    person = await api.enter()
    made = [(await create(api, person))["id"] for _ in range(3)]
    assert [each["id"] for each in await api.all_of(person, PATH)] == made[::-1]
    await put_status(api, person, f"{PATH}/{made[1]}", "REVIEW")
    assert [each["id"] for each in await api.all_of(person, PATH, status="REVIEW")] == [made[1]]


async def test_a_campaign_runs_only_after_a_moderator_has_approved_it(api: Api, owner: Person, moderator: Person):
    path = f"{PATH}/{(campaign := await create(api, owner))['id']}"
    for status in ("DRAFT", "REVIEW"):
        assert (await put_status(api, owner, path, status)).json()["status"] == status
        assert kind(await put_status(api, owner, path, "ACTIVE")) == FORBIDDEN
    assert campaign["id"] in [each["id"] for each in await api.all_of(moderator, REVIEW)]
    for _ in range(2):
        decided = await api.call(moderator, "POST", f"{REVIEW}/{campaign['id']}/decide", {"decision": "APPROVE"})
        assert decided.json()["status"] == "ACTIVE"
    assert campaign["id"] not in [each["id"] for each in await api.all_of(moderator, REVIEW)]


async def test_a_campaign_that_was_rejected_goes_back_to_the_draft(api: Api, owner: Person, moderator: Person):
    path = f"{PATH}/{(campaign := await create(api, owner))['id']}"
    decision = (f"{REVIEW}/{campaign['id']}/decide", {"decision": "REJECT"})
    assert kind(await api.call(moderator, "POST", *decision)) == CONFLICT
    await put_status(api, owner, path, "REVIEW")
    assert (await api.call(moderator, "POST", *decision)).json()["status"] == "REJECTED"
    assert kind(await put_status(api, owner, path, "REVIEW")) == CONFLICT
    assert (await put_status(api, owner, path, "DRAFT")).json()["status"] == "DRAFT"


async def test_an_owner_pauses_and_resumes_and_no_moderator_resumes_for_them(
    api: Api, owner: Person, moderator: Person, keyword: str
):
    path = f"{PATH}/{(campaign := await running(api, owner, moderator, keyword))['id']}"
    assert (await put_status(api, owner, path, "PAUSED")).json()["status"] == "PAUSED"
    assert (await ask(api, None, keyword)).status_code == 204
    decided = await api.call(moderator, "POST", f"{REVIEW}/{campaign['id']}/decide", {"decision": "APPROVE"})
    assert decided.status_code == 409
    assert (await put_status(api, owner, path, "ACTIVE")).json()["status"] == "ACTIVE"
    assert (await ask(api, None, keyword)).status_code == 200


async def test_an_ended_campaign_stays_ended(api: Api, owner: Person):
    path = f"{PATH}/{(await create(api, owner))['id']}"
    for _ in range(2):
        assert (await put_status(api, owner, path, "ENDED")).json()["status"] == "ENDED"
    assert kind(await put_status(api, owner, path, "DRAFT")) == CONFLICT
    assert kind(await api.call(owner, "PATCH", path, {"name": "Again"})) == CONFLICT


async def test_a_creative_is_edited_until_it_is_handed_in(api: Api, owner: Person, moderator: Person):
    campaign = await create(api, owner)
    creative = await add_creative(api, owner, campaign)
    path = f"/me/creatives/{creative['id']}"
    changed = (await api.call(owner, "PATCH", path, {"title": "Teapots"})).json()
    assert changed == creative | {"title": "Teapots", "updated_at": changed["updated_at"]}
    assert kind(await put_status(api, owner, path, "APPROVED")) == FORBIDDEN
    await put_status(api, owner, path, "REVIEW")
    assert kind(await api.call(owner, "PATCH", path, {"title": "Pans"})) == CONFLICT
    assert creative["id"] in [each["id"] for each in await api.all_of(moderator, "/moderation/creatives")]
    decision = (f"/moderation/creatives/{creative['id']}/decide", {"decision": "REJECT"})
    assert (await api.call(moderator, "POST", *decision)).json()["status"] == "REJECTED"
    found = await api.all_of(owner, f"{PATH}/{campaign['id']}/creatives", status="REJECTED")
    assert [each["id"] for each in found] == [creative["id"]]


async def test_an_address_that_runs_a_script_is_refused(api: Api, owner: Person, subtests: pytest.Subtests):
    for field in ["image_url", "landing_url"]:
        with subtests.test(field=field):
            campaign = await create(api, owner)
            given = {"title": "Kettles", "landing_url": "https://kettles.example/", field: "javascript:alert(1)"}
            answer = await api.call(owner, "POST", f"{PATH}/{campaign['id']}/creatives", given)
            assert kind(answer) == (422, "invalid-request")


async def test_an_ad_is_chosen_shown_and_clicked_once(
    api: Api, owner: Person, moderator: Person, stranger: Person, keyword: str
):
    campaign = await running(api, owner, moderator, keyword)
    request_id = str(uuid7())
    first, again = [(await ask(api, stranger, keyword, id=request_id)).json() for _ in range(2)]
    assert first == again
    assert (first["request_id"], first["creative_id"]) == (request_id, campaign["creative"])
    assert "price" not in first
    for what in ("impression", "click"):
        shown, repeated = [await api.call(None, "PUT", f"/ads/{request_id}/{what}") for _ in range(2)]
        assert (shown.status_code, shown.json()) == (200, repeated.json())
    budget = await api.get(owner, f"{PATH}/{campaign['id']}/budget")
    assert budget == {"currency": "EUR", "budget": 1000, "reserved": 0, "spent": 10, "available": 990}
    [day] = await api.all_of(owner, f"{PATH}/{campaign['id']}/days")
    assert (day["reserved"], day["spent"]) == (0, 10)
    await ad_reports.roll_up(api.database)
    report = await api.get(owner, f"{PATH}/{campaign['id']}/report")
    assert report["totals"] == {"impressions": 1, "clicks": 1, "spent": 10}
    assert [each["day"] for each in report["days"]] == [day["day"]]
    assert [each["creative_id"] for each in report["creatives"]] == [campaign["creative"]]


async def test_the_highest_bid_that_fits_is_shown(api: Api, owner: Person, moderator: Person, keyword: str):
    low = await running(api, owner, moderator, keyword, bid=10)
    high = await running(api, owner, moderator, keyword, bid=20, targeting={"country": ["se", "no"]})
    for country, campaign in (("se", high), ("de", low)):
        answer = await ask(api, None, keyword, traits={"country": country})
        assert answer.json()["creative_id"] == campaign["creative"]


async def test_a_viewer_gets_a_campaign_as_often_as_its_cap_and_a_budget_is_not_exceeded(
    api: Api, owner: Person, moderator: Person, stranger: Person, keyword: str
):
    await running(api, owner, moderator, keyword, frequency_cap=1, total_budget=20, daily_budget=20)
    assert [(await ask(api, stranger, keyword)).status_code for _ in range(2)] == [200, 204]
    assert [(await ask(api, None, keyword, viewer_key=f"{n}" * 20)).status_code for n in range(2)] == [200, 204]


async def test_what_is_released_can_be_reserved_again(api: Api, owner: Person, moderator: Person, keyword: str):
    await running(api, owner, moderator, keyword, total_budget=10, daily_budget=10)
    request_id = (await ask(api, None, keyword)).json()["request_id"]
    assert (await ask(api, None, keyword)).status_code == 204
    for _ in range(2):
        assert (await api.call(None, "DELETE", f"/ads/{request_id}")).status_code == 204
    assert kind(await api.call(None, "PUT", f"/ads/{request_id}/impression")) == NOT_FOUND
    assert (await ask(api, None, keyword)).status_code == 200


async def test_what_was_not_reserved_or_shown_counts_nothing(api: Api):
    for what in ("impression", "click"):
        assert kind(await api.call(None, "PUT", f"/ads/{uuid4()}/{what}")) == NOT_FOUND


async def test_a_visitor_without_a_key_gets_no_ad(api: Api, keyword: str):
    assert kind(await ask(api, None, keyword, viewer_key=None)) == (422, "invalid-value")
    assert kind(await ask(api, None, keyword, viewer_key="short")) == (422, "invalid-request")


async def test_a_campaign_is_deleted_until_it_has_spent_something(
    api: Api, owner: Person, moderator: Person, keyword: str
):
    path = f"{PATH}/{(await create(api, owner))['id']}"
    assert (await api.call(owner, "DELETE", path)).status_code == 204
    assert kind(await api.call(owner, "GET", path)) == NOT_FOUND
    campaign = await running(api, owner, moderator, keyword)
    request_id = (await ask(api, None, keyword)).json()["request_id"]
    await api.call(None, "PUT", f"/ads/{request_id}/impression")
    assert (await api.call(owner, "DELETE", f"{PATH}/{campaign['id']}")).status_code == 409


OF_ONE: dict[str, tuple[str, str, Any]] = {
    "show": ("GET", f"{PATH}/{{id}}", None),
    "change": ("PATCH", f"{PATH}/{{id}}", {"name": "x"}),
    "set the status": ("PUT", f"{PATH}/{{id}}/status", {"status": "ENDED"}),
    "delete": ("DELETE", f"{PATH}/{{id}}", None),
    "budget": ("GET", f"{PATH}/{{id}}/budget", None),
    "days": ("GET", f"{PATH}/{{id}}/days", None),
    "report": ("GET", f"{PATH}/{{id}}/report", None),
    "list creatives": ("GET", f"{PATH}/{{id}}/creatives", None),
    "add a creative": ("POST", f"{PATH}/{{id}}/creatives", {"title": "x", "landing_url": "https://a.example/"}),
    "change a creative": ("PATCH", "/me/creatives/{creative}", {"title": "x"}),
    "set the status of a creative": ("PUT", "/me/creatives/{creative}/status", {"status": "RETIRED"}),
    "delete a creative": ("DELETE", "/me/creatives/{creative}", None),
}
OF_MODERATOR: dict[str, tuple[str, str, Any]] = {
    "list campaigns": ("GET", REVIEW, None),
    "decide on a campaign": ("POST", f"{REVIEW}/{{id}}/decide", {"decision": "REJECT"}),
    "list creatives": ("GET", "/moderation/creatives", None),
    "decide on a creative": ("POST", "/moderation/creatives/{creative}/decide", {"decision": "REJECT"}),
}
ALL = [*OF_ONE.values(), *OF_MODERATOR.values(), ("POST", PATH, {}), ("GET", PATH, None)]


async def test_somebody_who_is_not_signed_in_is_told_to_sign_in(api: Api, subtests: pytest.Subtests):
    for method, path, body in ALL:
        with subtests.test(method=method, path=path):
            answer = await api.call(None, method, path.format(id=uuid4(), creative=uuid4()), body)
            assert kind(answer) == (401, "token-invalid")


async def test_what_belongs_to_another_advertiser_is_not_found(
    api: Api, owner: Person, stranger: Person, subtests: pytest.Subtests
):
    for name, (method, path, body) in OF_ONE.items():
        with subtests.test(name):
            creative = await add_creative(api, owner, campaign := await create(api, owner))
            for ids in ({"id": campaign["id"], "creative": creative["id"]}, {"id": uuid4(), "creative": uuid4()}):
                assert kind(await api.call(stranger, method, path.format(**ids), body)) == NOT_FOUND


async def test_only_moderators_decide(api: Api, owner: Person, subtests: pytest.Subtests):
    for name, (method, path, body) in OF_MODERATOR.items():
        with subtests.test(name):
            answer = await api.call(owner, method, path.format(id=uuid4(), creative=uuid4()), body)
            assert kind(answer) == FORBIDDEN
