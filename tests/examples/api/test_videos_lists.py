"""Lists of public videos: the feed, the search, and what is viewed most."""

from secrets import token_hex
from typing import Any

import pytest

from hangar_api.settings import ApiSettings
from hangar_dal import sealing, social, video_views
from hangar_dal_pytest import HangarQueries
from tests.examples.api.conftest import Api, Person


@pytest.fixture(scope="module")
def own_settings() -> ApiSettings:
    """Without workers, so that the queries of a request can be counted."""
    return ApiSettings.model_validate({"token_keys": sealing.new_key(), "workers": False})


def new_word() -> str:
    """A tag or a word that no other test has used."""
    return f"w{token_hex(6)}"


async def found(api: Api, person: Person | None, path: str, **query: Any) -> list[str]:
    return [each["id"] for each in await api.all_of(person, path, **query)]


async def test_the_feed_has_the_last_published_first_and_each_once(api: Api, owner: Person):
    made = [await api.show_video(owner) for _ in range(5)]
    everything = await found(api, None, "/videos")
    assert everything[:5] == made[::-1]
    assert len(set(everything)) == len(everything)


async def test_the_feed_has_no_video_that_is_not_public(api: Api, owner: Person, follower: Person):
    private = await api.enter(is_private=True)
    hidden = {await api.show_video(owner, visibility=each) for each in ("UNLISTED", "FOLLOWERS", "PRIVATE")}
    hidden |= {await api.show_video(private), (await api.upload(owner, visibility="PUBLIC"))["id"]}
    for person in (None, owner, follower):
        assert not hidden & set(await found(api, person, "/videos"))


async def test_the_feed_has_no_videos_over_a_block(api: Api):
    owner, blocked, tag = await api.enter(), await api.enter(), new_word()
    video_id = await api.show_video(owner, tags=[tag], title=tag)
    await api.call(blocked, "POST", f"/videos/{video_id}/views")
    await video_views.refresh_trends(api.database)
    lists: dict[str, dict[str, Any]] = {
        "/videos": {"any_tag": tag},
        "/videos/search": {"text": tag},
        "/videos/trending": {},
    }
    for path, query in lists.items():
        assert video_id in await found(api, blocked, path, **query)
    await social.block(api.database, blocker_id=owner.uuid, blocked_id=blocked.uuid)
    for path, query in lists.items():
        assert video_id not in await found(api, blocked, path, **query)
        assert video_id in await found(api, None, path, **query)


async def test_the_feed_can_be_of_a_language_and_a_category(api: Api, owner: Person):
    category = new_word()
    german = await api.show_video(owner, language="de", category=category)
    french = await api.show_video(owner, language="fr", category=category)
    assert await found(api, None, "/videos", category=category) == [french, german]
    assert await found(api, None, "/videos", category=category, language="de") == [german]
    assert await found(api, None, "/videos", category=new_word()) == []


async def test_the_feed_can_have_any_or_all_of_some_tags_however_they_are_written(api: Api, owner: Person):
    one, two = new_word(), new_word()
    with_one = await api.show_video(owner, tags=[one])
    with_both = await api.show_video(owner, tags=[one, two])
    assert await found(api, None, "/videos", any_tag=[one, two]) == [with_both, with_one]
    assert await found(api, None, "/videos", any_tag=one.upper()) == [with_both, with_one]
    assert await found(api, None, "/videos", all_tag=[one, two]) == [with_both]
    assert await found(api, None, "/videos", all_tag=[one], any_tag=[two]) == [with_both]


BAD_QUERIES: dict[str, tuple[str, dict[str, Any]]] = {
    "an unknown filter": ("/videos", {"colour": "red"}),
    "31 tags": ("/videos", {"any_tag": [f"tag{number}" for number in range(31)]}),
    "an empty tag": ("/videos", {"all_tag": ""}),
    "a language that is none": ("/videos", {"language": "English!"}),
    "a long category": ("/videos", {"category": "x" * 51}),
    "no text": ("/videos/search", {}),
    "a long text": ("/videos/search", {"text": "x" * 201}),
    "a limit of 0": ("/videos/trending", {"limit": 0}),
}
# Of other lists, or made by a client: [null,null], ["x","y"], {}, [1], and no JSON.
for number, cursor in enumerate(["W251bGwsbnVsbF0", "WyJ4IiwieSJd", "e30", "WzFd", "x"]):
    for path in ("/videos", "/videos/search", "/videos/trending"):
        BAD_QUERIES[f"cursor {number} at {path}"] = (path, {"cursor": cursor, "text": "x"})


async def test_a_query_of_the_wrong_form_is_refused(api: Api, subtests: pytest.Subtests):
    for name, (path, query) in BAD_QUERIES.items():
        with subtests.test(name):
            answer = await api.call(None, "GET", path, params=query)
            assert answer.status_code == 422, answer.text


async def test_the_search_finds_words_and_the_beginning_of_the_last_one(api: Api, owner: Person):
    word = new_word()
    in_title = await api.show_video(owner, title=f"{word} over the Sea")
    in_text = await api.show_video(owner, description=f"A {word.upper()} near the seaside")
    in_tags = await api.show_video(owner, tags=[word, "search"])
    assert await found(api, None, "/videos/search", text=f"{word} sea") == [in_title, in_tags, in_text]
    assert await found(api, None, "/videos/search", text=f"{word} over the") == [in_title]
    assert await found(api, None, "/videos/search", text=f"{word} absent") == []


async def test_a_text_without_a_word_finds_nothing(api: Api, owner: Person, subtests: pytest.Subtests):
    for text in ["", "!?", " "]:
        with subtests.test(text=text):
            await api.show_video(owner)
            assert await found(api, None, "/videos/search", text=text) == []


async def test_the_search_finds_what_was_changed_and_not_what_is_hidden(api: Api, owner: Person):
    word, other = new_word(), new_word()
    path = f"/videos/{await api.show_video(owner, title=word)}"
    await api.call(owner, "PATCH", path, {"title": other})
    assert await found(api, None, "/videos/search", text=word) == []
    assert len(await found(api, None, "/videos/search", text=other)) == 1
    await api.call(owner, "PATCH", path, {"visibility": "UNLISTED"})
    assert await found(api, owner, "/videos/search", text=other) == []


async def test_what_is_viewed_most_is_trending(api: Api, owner: Person, follower: Person, stranger: Person):
    made = [await api.show_video(owner) for _ in range(3)]
    viewers = (owner, follower, stranger)
    for number, video_id in enumerate(made):
        for person in viewers[number:]:
            await api.call(person, "POST", f"/videos/{video_id}/views")
    await video_views.refresh_trends(api.database)
    trending = await api.all_of(None, "/videos/trending")
    counts = [each["views"] for each in trending]
    assert counts == sorted(counts, reverse=True)
    assert [each["id"] for each in trending if each["id"] in made] == made


@pytest.mark.parametrize("path", ["/videos", "/videos/search?text=Flight", "/videos/trending", "/users/{}/videos"])
async def test_a_page_takes_the_same_few_queries_however_many_videos_it_has(
    api: Api, owner: Person, hangar_queries: HangarQueries, path: str
):
    for _ in range(3):
        await api.call(owner, "POST", f"/videos/{await api.show_video(owner)}/views")
    await video_views.refresh_trends(api.database)
    with hangar_queries(at_most=3):
        answer = await api.call(None, "GET", path.format(owner.id))
    assert len(answer.json()["items"]) >= 3
    assert all(each["owner"]["id"] for each in answer.json()["items"])
