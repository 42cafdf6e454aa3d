"""Whatever the cookies are, nothing is lost between two formats unless a sentence says so."""

import io
from http.cookiejar import CookieJar, MozillaCookieJar
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings

from hangar_dal import cookie_formats
from hangar_dal.cookie_formats import from_cookie_jar, from_netscape, to_cookie_jar, to_netscape
from tests.cookie_formats.browser_cookies import canonical, states

State = dict[str, Any]


def without(given: State, *attributes: str) -> State:
    kept = [{key: value for key, value in one.items() if key not in attributes} for one in given["cookies"]]
    return {**given, "cookies": kept}


def whole(given: State) -> State:
    return {**given, "cookies": [{**one, "expires": int(one["expires"])} for one in given["cookies"]]}


def with_local(given: State) -> State:
    """A jar appends .local to a host without a dot, and its file does not say that it did."""
    kept = [
        {**one, "domain": one["domain"] + (".local" if "." not in one["domain"].removeprefix(".") else "")}
        for one in given["cookies"]
    ]
    return {**given, "cookies": kept}


def lost_kinds(lost: list[str]) -> list[str]:
    """What each sentence says after the name of the cookie."""
    return sorted(sentence.rpartition(": ")[2] for sentence in lost)


def in_jar(jar: CookieJar) -> list[tuple[Any, ...]]:
    """All that a jar knows of its cookies."""
    return sorted((tuple(sorted(vars(one).items(), key=repr)) for one in jar), key=repr)


@given(states(whole=False))
def test_storage_state_to_its_file_and_back(given: State) -> None:
    assert cookie_formats.from_storage_state(cookie_formats.to_storage_state(given)) == given


@given(states(attributes=False))
def test_storage_state_to_netscape_and_back(given: State) -> None:
    text, lost = to_netscape(given)
    assert lost == []
    assert from_netscape(text) == (given, [])
    assert from_netscape(text.replace("\n", "\r\n")) == (given, [])


@given(states(whole=False))
def test_netscape_says_what_it_loses_of_a_storage_state(given: State) -> None:
    text, lost = to_netscape(given)
    back, lost_back = from_netscape(text)
    assert lost_back == []
    assert back == whole(without(given, "sameSite", "partitionKey"))
    cookies = given["cookies"]
    assert lost_kinds(lost) == sorted(
        ["expires is cut to whole seconds" for one in cookies if one["expires"] != int(one["expires"])]
        + ["sameSite is left out" for one in cookies if "sameSite" in one]
        + ["partitionKey is left out" for one in cookies if "partitionKey" in one]
    )


@given(states())
def test_storage_state_to_a_jar_and_back(given: State) -> None:
    jar, lost = to_cookie_jar(given)
    assert lost == []
    back, lost_back = from_cookie_jar(jar)
    assert canonical(back) == canonical(given)
    assert [one for one in lost_back if "may lack .local" not in one] == []


@given(states(whole=False))
def test_a_jar_loses_fractions_of_seconds_and_says_so(given: State) -> None:
    jar, lost = to_cookie_jar(given)
    assert canonical(from_cookie_jar(jar)[0]) == canonical(whole(given))
    fractions = [one for one in given["cookies"] if one["expires"] != int(one["expires"])]
    assert lost_kinds(lost) == ["expires is cut to whole seconds"] * len(fractions)


@given(states(attributes=False))
def test_netscape_to_a_jar_and_back(given: State) -> None:
    text, _ = to_netscape(given)
    jar, lost = to_cookie_jar(from_netscape(text)[0])
    assert lost == []
    again, lost_again = to_netscape(from_cookie_jar(jar)[0])
    assert lost_again == []
    assert sorted(again.splitlines()) == sorted(text.splitlines())


@given(states())
def test_a_jar_to_storage_state_and_back(given: State) -> None:
    jar, _ = to_cookie_jar(given)
    again, lost = to_cookie_jar(from_cookie_jar(jar)[0])
    assert lost == []
    assert in_jar(again) == in_jar(jar)


@given(states(attributes=False))
def test_mozilla_cookie_jar_reads_what_is_written(given: State) -> None:
    text, _ = to_netscape(given)
    jar: Any = MozillaCookieJar()
    jar._really_load(io.StringIO(text, newline="\n"), "cookies.txt", ignore_discard=True, ignore_expires=True)
    assert canonical(from_cookie_jar(jar)[0]) == canonical(given)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(states(attributes=False))
def test_what_mozilla_cookie_jar_writes_is_read(tmp_path: Path, given: State) -> None:
    jar, file = MozillaCookieJar(), tmp_path / "cookies.txt"
    for one in to_cookie_jar(given)[0]:
        jar.set_cookie(one)
    jar.save(str(file), ignore_discard=True, ignore_expires=True)
    back, lost = from_netscape(file.read_text())
    assert lost == []
    assert canonical(back) == canonical(with_local(given))
