"""Comments and answers: written, edited, removed, liked, and hidden by blocks."""

from typing import Any
from uuid import uuid4

import pytest

from hangar_dal import UserRole, social
from hangar_dal_pytest import HangarQueries
from tests.examples.api.conftest import Api, Person, kind

NOT_FOUND = (404, "not-found")


@pytest.fixture
async def ada(api: Api) -> Person:
    return await api.enter(display_name="Ada")


@pytest.fixture
async def bob(api: Api) -> Person:
    """Whose video the comments are on."""
    return await api.enter(display_name="Bob")


@pytest.fixture
async def video_id(api: Api, bob: Person) -> str:
    return await api.show_video(bob)


async def write(api: Api, person: Person, video_id: str, body: str = "Well said", **given: Any) -> dict[str, Any]:
    answer = await api.call(person, "POST", f"/videos/{video_id}/comments", {"body": body} | given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def block(api: Api, blocker: Person, blocked: Person) -> None:
    await social.block(api.database, blocker_id=blocker.uuid, blocked_id=blocked.uuid)


async def ids(api: Api, person: Person | None, path: str) -> list[str]:
    return [each["id"] for each in await api.all_of(person, path)]


async def test_a_comment_has_its_author_and_the_owner_is_told(api: Api, ada: Person, bob: Person, video_id: str):
    made = await write(api, ada, video_id, "  Well said \n")
    assert made["author"] == {"id": ada.id, "username": ada.username, "display_name": "Ada"}
    assert (made["body"], made["depth"], made["root_id"], made["parent_id"]) == ("Well said", 1, made["id"], None)
    assert (made["status"], made["edited_at"], made["likes"], made["answers"]) == ("VISIBLE", None, 0, 0)
    assert await api.get(None, f"/comments/{made['id']}") == made
    assert await api.told(bob) == [("COMMENTED", ada.id, made["id"])]
    assert (await api.get(None, f"/videos/{video_id}/counts"))["comments"] == 1


async def test_the_author_who_is_answered_is_told_and_the_owner_too(api: Api, ada: Person, bob: Person, video_id: str):
    first = await write(api, ada, video_id)
    eve = await api.enter()
    answer = await write(api, eve, video_id, parent_id=first["id"])
    assert (answer["depth"], answer["root_id"], answer["parent_id"]) == (2, first["id"], first["id"])
    assert await api.told(ada) == [("ANSWERED", eve.id, answer["id"])]
    assert (await api.told(bob))[0] == ("COMMENTED", eve.id, answer["id"])
    own = await write(api, bob, video_id)
    last = await write(api, ada, video_id, parent_id=own["id"])
    assert (await api.told(bob))[0] == ("ANSWERED", ada.id, last["id"]), "once, although the video is Bob's too"


async def test_a_comment_with_the_same_id_is_made_and_told_once(api: Api, ada: Person, bob: Person, video_id: str):
    given = {"id": str(uuid4())}
    first = await write(api, ada, video_id, **given)
    assert await write(api, ada, video_id, "Another text", **given) == first
    assert len(await api.told(bob)) == 1
    taken = await api.call(bob, "POST", f"/videos/{video_id}/comments", {"body": "Mine"} | given)
    assert kind(taken) == (409, "unique-violation")
    assert "id" in taken.json()["detail"]


async def test_an_answer_is_at_most_eight_levels_deep(api: Api, ada: Person, video_id: str):
    above = None
    for depth in range(1, 9):
        made = await write(api, ada, video_id, parent_id=above)
        assert made["depth"] == depth
        above = made["id"]
    answer = await api.call(ada, "POST", f"/videos/{video_id}/comments", {"body": "x", "parent_id": above})
    assert kind(answer) == (422, "check-violation")
    assert "eight" in answer.json()["detail"]


async def test_a_comment_of_another_video_is_not_answered(api: Api, ada: Person, bob: Person, video_id: str):
    first = await write(api, ada, await api.show_video(bob))
    answer = await api.call(ada, "POST", f"/videos/{video_id}/comments", {"body": "x", "parent_id": first["id"]})
    assert kind(answer) == NOT_FOUND


@pytest.mark.parametrize("fields", [{"visibility": "PRIVATE"}, {"visibility": "FOLLOWERS"}, {"published_at": None}])
async def test_a_hidden_video_has_no_comments_for_others(api: Api, ada: Person, bob: Person, fields: dict[str, Any]):
    hidden = await api.show_video(bob, **fields)
    own = (await write(api, bob, hidden))["id"]
    for method, path in (
        ("GET", f"/videos/{hidden}/comments"),
        ("POST", f"/videos/{hidden}/comments"),
        ("GET", f"/comments/{own}"),
        ("GET", f"/comments/{own}/answers"),
        ("GET", f"/comments/{own}/branch"),
        ("GET", f"/comments/{own}/likes"),
        ("PUT", f"/comments/{own}/like"),
        ("DELETE", f"/comments/{own}"),
    ):
        body = {"body": "Well said"} if method == "POST" else None
        assert kind(await api.call(ada, method, path, body)) == NOT_FOUND, path


async def test_a_page_has_threads_with_first_answers(
    api: Api, ada: Person, bob: Person, video_id: str, hangar_queries: HangarQueries
):
    tops = [(await write(api, ada, video_id))["id"] for _ in range(3)]
    answers = [(await write(api, bob, video_id, parent_id=tops[0]))["id"] for _ in range(4)]
    below = (await write(api, ada, video_id, parent_id=answers[0]))["id"]
    assert await ids(api, None, f"/videos/{video_id}/comments") == tops[::-1]
    with hangar_queries() as sent:
        page = await api.get(None, f"/videos/{video_id}/comments", answers=2)
    asked = [name for name in sent.names if name.startswith(("comments.", "users.", "likes."))]
    assert asked == ["comments.list_comments"], sent.report()
    thread = page["items"][2]
    assert (thread["id"], thread["answers"]) == (tops[0], 4)
    assert [each["id"] for each in thread["first_answers"]] == answers[:2]
    assert thread["first_answers"][0]["answers"] == 1
    assert await ids(api, None, f"/comments/{tops[0]}/answers") == answers
    branch = await api.get(None, f"/comments/{tops[0]}/branch")
    assert [each["id"] for each in branch] == [tops[0], answers[0], below, *answers[1:]]
    assert len(await api.get(None, f"/comments/{tops[0]}/branch", limit=2)) == 2


async def test_the_author_edits_a_comment_and_nobody_else(api: Api, ada: Person, bob: Person, video_id: str):
    made = await write(api, ada, video_id)
    path = f"/comments/{made['id']}"
    assert kind(await api.call(bob, "PATCH", path, {"body": "Nonsense"})) == NOT_FOUND
    edited = (await api.call(ada, "PATCH", path, {"body": "Better said"})).json()
    assert (edited["body"], edited["edited_at"] is None) == ("Better said", False)
    assert await api.get(None, path) == edited


async def test_what_its_author_no_longer_sees_is_removed_but_not_edited(
    api: Api, ada: Person, bob: Person, video_id: str
):
    path = f"/comments/{(await write(api, ada, video_id))['id']}"
    await block(api, bob, ada)
    assert kind(await api.call(ada, "PATCH", path, {"body": "An insult"})) == NOT_FOUND
    assert len(await api.all_of(ada, "/me/comments")) == 1
    assert (await api.call(ada, "DELETE", path)).status_code == 204
    assert await api.all_of(ada, "/me/comments") == []


@pytest.mark.parametrize("remover", ["its author", "the owner of the video", "a moderator", "an administrator"])
async def test_a_comment_is_removed_once_by(api: Api, ada: Person, bob: Person, video_id: str, remover: str):
    path = f"/comments/{(await write(api, ada, video_id))['id']}"
    person = {
        "its author": ada,
        "the owner of the video": bob,
        "a moderator": await api.enter(UserRole.MODERATOR),
        "an administrator": await api.enter(UserRole.ADMIN),
    }[remover]
    assert kind(await api.call(await api.enter(), "DELETE", path)) == NOT_FOUND
    assert (await api.call(person, "DELETE", path)).status_code == 204
    assert kind(await api.call(person, "DELETE", path)) == NOT_FOUND
    assert kind(await api.call(None, "GET", path)) == NOT_FOUND
    assert (await api.get(None, f"/videos/{video_id}/counts"))["comments"] == 0


async def test_the_owner_removes_comments_of_who_is_blocked(api: Api, ada: Person, bob: Person, video_id: str):
    made = await write(api, ada, video_id)
    await block(api, bob, ada)
    assert kind(await api.call(bob, "GET", f"/comments/{made['id']}")) == NOT_FOUND
    assert (await api.call(bob, "DELETE", f"/comments/{made['id']}")).status_code == 204


async def test_a_removed_comment_with_answers_is_left_without_text_and_author(
    api: Api, ada: Person, bob: Person, video_id: str
):
    first = await write(api, ada, video_id)
    answer = await write(api, bob, video_id, parent_id=first["id"])
    path = f"/comments/{first['id']}"
    assert (await api.call(ada, "DELETE", path)).status_code == 204
    left = await api.get(None, path)
    assert (left["status"], left["body"], left["author"], left["answers"]) == ("REMOVED", None, None, 1)
    assert kind(await api.call(ada, "DELETE", path)) == NOT_FOUND
    assert kind(await api.call(ada, "PATCH", path, {"body": "Back"})) == NOT_FOUND
    assert kind(await api.call(bob, "PUT", f"{path}/like")) == NOT_FOUND
    body = {"body": "x", "parent_id": first["id"]}
    assert kind(await api.call(bob, "POST", f"/videos/{video_id}/comments", body)) == NOT_FOUND
    await api.call(bob, "DELETE", f"/comments/{answer['id']}")
    assert kind(await api.call(None, "GET", path)) == NOT_FOUND, "it goes with its last answer"


async def test_a_comment_is_liked_once_and_its_author_told(api: Api, ada: Person, bob: Person, video_id: str):
    made = await write(api, ada, video_id)
    path = f"/comments/{made['id']}/like"
    first, again = [(await api.call(bob, "PUT", path)).json() for _ in range(2)]
    assert first == again
    assert first["likes"] == 1
    assert await api.told(ada) == [("COMMENT_LIKED", bob.id, made["id"])]
    eve = await api.enter()
    await api.call(eve, "PUT", path)
    assert await ids(api, None, f"{path}s") == [eve.id, bob.id]
    for _ in range(2):
        assert (await api.call(bob, "DELETE", path)).status_code == 204
    assert (await api.get(None, f"/comments/{made['id']}"))["likes"] == 1


@pytest.mark.parametrize("is_blocker", [True, False])
async def test_a_block_hides_comments_with_all_below_them(
    api: Api, ada: Person, bob: Person, video_id: str, is_blocker: bool
):
    eve = await api.enter()
    first = await write(api, ada, video_id)
    answer = await write(api, bob, video_id, parent_id=first["id"])
    await block(api, *((ada, eve) if is_blocker else (eve, ada)))
    assert await ids(api, eve, f"/videos/{video_id}/comments") == []
    for hidden in (first["id"], answer["id"]):
        for rest in ("", "/answers", "/branch", "/likes"):
            assert kind(await api.call(eve, "GET", f"/comments/{hidden}{rest}")) == NOT_FOUND
        assert kind(await api.call(eve, "PUT", f"/comments/{hidden}/like")) == NOT_FOUND
        body = {"body": "x", "parent_id": hidden}
        assert kind(await api.call(eve, "POST", f"/videos/{video_id}/comments", body)) == NOT_FOUND
    assert await ids(api, bob, f"/videos/{video_id}/comments") == [first["id"]]


async def test_who_is_blocked_by_the_owner_does_not_comment(api: Api, ada: Person, bob: Person, video_id: str):
    await block(api, bob, ada)
    answer = await api.call(ada, "POST", f"/videos/{video_id}/comments", {"body": "x"})
    assert kind(answer) == NOT_FOUND
    assert await api.told(bob) == []


async def test_my_comments_come_in_pages_the_newest_first(api: Api, ada: Person, video_id: str):
    made = [(await write(api, ada, video_id))["id"] for _ in range(3)]
    assert await ids(api, ada, "/me/comments") == made[::-1]


async def test_a_moderator_reads_a_comment_that_nobody_else_sees(
    api: Api, moderator: Person, bob: Person, video_id: str
):
    made = await write(api, bob, await api.show_video(bob, visibility="PRIVATE"))
    assert kind(await api.call(moderator, "GET", f"/comments/{made['id']}")) == NOT_FOUND
    assert (await api.get(moderator, f"/moderation/comments/{made['id']}"))["body"] == "Well said"
