"""Storage states that are read, refused, and asked when they expire."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hangar_dal import builders
from hangar_dal.cookie_formats import expiry_of, from_storage_state, to_cookie_jar, to_netscape, to_storage_state
from hangar_dal.errors import InvalidValue
from tests.cookie_formats.browser_cookies import FAR, SECRET, cookie, state

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_a_storage_state_is_read_and_written_whole() -> None:
    given = builders.storage_state()
    text = to_storage_state(given)
    assert from_storage_state(text) == given
    assert from_storage_state(f"\ufeff{text}") == given


FILES = {
    "": "line 1: not JSON. Pass the text of a storage state of Playwright.",
    f'{{\n"cookies": [\n{SECRET}': "line 3: not JSON. Pass the text of a storage state of Playwright.",
    f'"{SECRET}"': "storage state: must be a JSON object with a list of cookies",
    f'["{SECRET}"]': "storage state: must be a JSON object with a list of cookies",
    "{}": "cookies: not a storage state of Playwright, which has a list of cookies",
    '{"cookies": NaN}': "storage state: a number must be finite",
    "[" * 100_000: "storage state: JSON is nested too deep",
    json.dumps(state(cookie(), cookie(path=SECRET))): "cookies[1].path: String should match pattern '^/'",
}


@pytest.mark.parametrize(("text", "message"), FILES.items(), ids=[str(number) for number in range(len(FILES))])
def test_a_bad_file_is_refused_without_values(text: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        from_storage_state(text)
    assert str(caught.value) == message
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


REFUSED: dict[str, tuple[Any, str]] = {
    "no cookies": ({"value": SECRET}, "cookies: not a storage state of Playwright, which has a list of cookies"),
    "no list": (
        {"cookies": {"value": SECRET}},
        "cookies: not a storage state of Playwright, which has a list of cookies",
    ),
    "text": ([SECRET], "cookies[0]: Input should be a valid dictionary or instance of Cookie"),
    "no domain": ([{"name": "a", "value": SECRET, "path": "/"}], "cookies[0].domain: Field required"),
    "a value that is a number": ([cookie(value=7)], "cookies[0].value: Input should be a valid string"),
    "a flag that is a text": ([cookie(secure=SECRET)], "cookies[0].secure: Input should be a valid boolean"),
    "another SameSite": (
        [cookie(sameSite="no_restriction")],
        "cookies[0].sameSite: Input should be 'Strict', 'Lax' or 'None'",
    ),
    "an expiry that is a text": ([cookie(expires=SECRET)], "cookies[0].expires: Input should be a valid integer"),
    "an expiry that is infinite": (
        [cookie(expires=float("inf"))],
        "cookies[0].expires: Input should be a finite number",
    ),
}


@pytest.mark.parametrize(("given", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_storage_state_is_refused_by_each_function(given: Any, message: str) -> None:
    for function in (to_netscape, to_cookie_jar, to_storage_state, expiry_of):
        with pytest.raises(InvalidValue) as caught:
            function(given)
        assert str(caught.value) == message
        assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_a_storage_state_expires_with_the_last_of_its_cookies() -> None:
    given = state(cookie(expires=FAR), cookie(expires=FAR + 1.25), cookie(expires=-1), cookie(expires=7))
    assert expiry_of(given) == EPOCH + timedelta(seconds=FAR + 1.25)
    assert expiry_of(given["cookies"]) == expiry_of(given)
    assert expiry_of([cookie(expires=10**300)]) == datetime.max.replace(tzinfo=UTC)
    assert expiry_of([cookie(expires=1e300)]) == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "given", [[], state(), state(cookie(expires=-1), cookie(expires=-1.0))], ids=["list", "none", "session"]
)
def test_session_cookies_alone_have_no_expiry(given: Any) -> None:
    with pytest.raises(InvalidValue, match=r"^expires_at: no cookie says when it expires\. Pass expires_at\.$"):
        expiry_of(given)
