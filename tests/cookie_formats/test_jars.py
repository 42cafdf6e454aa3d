"""`to_cookie_jar` and `from_cookie_jar`: what `http.cookiejar` and httpx send, and what they cannot hold."""

import io
from email.message import Message
from email.utils import formatdate
from http.cookiejar import CookieJar
from typing import Any
from urllib.request import Request
from urllib.response import addinfourl

import httpx
import pytest

from hangar_dal.cookie_formats import from_cookie_jar, to_cookie_jar
from hangar_dal.cookie_formats.storage_state import cookies_of
from tests.cookie_formats.browser_cookies import FAR, SECRET, cookie, state

ALL = state(
    cookie(name="host"),
    cookie(name="domain", domain=".shop.example"),
    cookie(name="secure", secure=True),
    cookie(name="path", path="/cart"),
    cookie(name="session", expires=-1),
    cookie(name="past", expires=1),
    cookie(name="", value="nameless"),
    cookie(name="local", domain="localhost"),
    cookie(name="address", domain="127.0.0.1"),
)
SENT = {
    "https://shop.example/": {"host", "domain", "secure", "session", "nameless"},
    "http://shop.example/cart/1": {"host", "domain", "path", "session", "nameless"},
    "https://www.shop.example/cart": {"domain"},
    "https://evilshop.example/": set[str](),
    "https://example/": set[str](),
    "http://localhost:8000/": {"local"},
    "http://a.localhost/": set[str](),
    "http://127.0.0.1/": {"address"},
}
# httpx copies the cookies into a jar of its own, which sends the cookies of a host to its subdomains.
SENT_BY_HTTPX = {
    **SENT,
    "https://www.shop.example/cart": {"host", "domain", "secure", "path", "session", "nameless"},
}
PARTITIONED = "Partitioned is left out, because the jar does not know the site of the partition"
MAY_LACK = "the jar writes a host without a dot in the same way, so the host may lack .local"


def names(header: str | None) -> set[str]:
    return {pair.partition("=")[0] for pair in header.split("; ")} if header else set()


@pytest.mark.parametrize(("url", "sent"), SENT.items(), ids=SENT)
def test_the_jar_sends_each_cookie_where_a_browser_does(url: str, sent: set[str]) -> None:
    jar, _ = to_cookie_jar(ALL)
    request = Request(url)
    jar.add_cookie_header(request)
    assert names(request.get_header("Cookie")) == sent


@pytest.mark.parametrize(("url", "sent"), SENT_BY_HTTPX.items(), ids=SENT)
def test_httpx_sends_each_cookie_where_a_browser_does_and_to_subdomains(url: str, sent: set[str]) -> None:
    jar, _ = to_cookie_jar(ALL)
    with httpx.Client(cookies=jar) as client:
        assert names(client.build_request("GET", url).headers.get("Cookie")) == sent


def received(url: str, *headers: str) -> CookieJar:
    """The jar after a server has answered with these Set-Cookie headers."""
    message = Message()
    for header in headers:
        message["Set-Cookie"] = header
    jar = CookieJar()
    answer: Any = addinfourl(io.BytesIO(), message, url)  # the jar asks a response only for its headers
    jar.extract_cookies(answer, Request(url))
    return jar


FROM_SERVER: dict[str, tuple[str, str, dict[str, Any]]] = {
    "host-only": ("https://shop.example/", "", {"expires": -1}),
    "domain": ("https://www.shop.example/", "; Domain=shop.example", {"domain": ".shop.example", "expires": -1}),
    "every attribute": (
        "https://shop.example/",
        f"; Path=/cart; Secure; HttpOnly; SameSite=Lax; Expires={formatdate(FAR, usegmt=True)}",
        {"path": "/cart", "secure": True, "httpOnly": True, "sameSite": "Lax", "expires": FAR},
    ),
    "lower case": (
        "https://shop.example/",
        "; secure; httponly; samesite=strict",
        {"secure": True, "httpOnly": True, "sameSite": "Strict", "expires": -1},
    ),
    "localhost": ("http://localhost:8000/", "", {"domain": "localhost", "expires": -1}),
    "an address": ("http://127.0.0.1/", "", {"domain": "127.0.0.1", "expires": -1}),
}


@pytest.mark.parametrize(("url", "attributes", "changes"), FROM_SERVER.values(), ids=FROM_SERVER)
def test_a_cookie_of_a_server_is_read_from_the_jar(url: str, attributes: str, changes: dict[str, Any]) -> None:
    assert from_cookie_jar(received(url, f"sid={SECRET}{attributes}")) == (state(cookie(**changes)), [])


def test_a_cookie_without_a_name_is_read_from_the_jar() -> None:
    found, lost = from_cookie_jar(received("https://shop.example/", SECRET))
    assert (found, lost) == (state(cookie(name="", expires=-1)), [])


def test_cookies_that_httpx_has_received_are_read() -> None:
    answer = httpx.Response(200, headers={"Set-Cookie": f"sid={SECRET}; HttpOnly"})
    with httpx.Client(transport=httpx.MockTransport(lambda request: answer)) as client:
        client.get("https://shop.example/")
        found, lost = from_cookie_jar(client.cookies.jar)
    assert (found, lost) == (state(cookie(httpOnly=True, expires=-1)), [])


def test_an_address_in_a_jar_has_no_subdomains() -> None:
    cookies = httpx.Cookies()
    cookies.set("sid", SECRET, domain="127.0.0.1")
    assert from_cookie_jar(cookies.jar) == (state(cookie(domain="127.0.0.1", expires=-1, httpOnly=True)), [])


def test_what_storage_state_cannot_hold_is_reported_without_values() -> None:
    jar = received(
        "https://shop.example/",
        f"a={SECRET}; Partitioned; Priority={SECRET}; SameSite={SECRET}",
        f"{SECRET}; Partitioned",
    )
    for one in received("http://printer/", f"p={SECRET}"):
        jar.set_cookie(one)
    cookies = httpx.Cookies()
    cookies.set("nowhere", SECRET)
    cookies.set("spaces", SECRET, domain="shop .example")
    cookies.set("past", SECRET, domain="shop.example")
    for one in cookies.jar:
        one.expires = -1 if one.name == "past" else 0
        jar.set_cookie(one)
    cookies = httpx.Cookies()
    cookies.set("rare", SECRET, domain="shop.example")
    [rare] = cookies.jar
    rare.version, rare.port, rare.comment, rare.comment_url, rare.expires = 1, SECRET, SECRET, SECRET, FAR
    jar.set_cookie(rare)
    found, lost = from_cookie_jar(jar)
    assert {each.name: each.domain for each in cookies_of(found)} == {
        "a": "shop.example",
        "": "shop.example",
        "p": "printer.local",
        "rare": ".shop.example",
    }
    assert sorted(lost) == sorted(
        [
            "cookie 'a' of 'shop.example': SameSite is left out, because browsers do not know its value",
            f"cookie 'a' of 'shop.example': {PARTITIONED}",
            "cookie 'a' of 'shop.example': priority is left out",
            f"cookie without a name of 'shop.example': {PARTITIONED}",
            f"cookie 'p' of 'printer.local': {MAY_LACK}",
            "cookie 'nowhere': left out, because it has no domain",
            "cookie 'spaces' of '.shop .example': left out, because its domain is not valid in a browser's cookie",
            "cookie 'past' of '.shop.example': left out, because it expired before 1970",
            "cookie 'rare' of '.shop.example': port is left out",
            "cookie 'rare' of '.shop.example': comment is left out",
            "cookie 'rare' of '.shop.example': comment_url is left out",
            "cookie 'rare' of '.shop.example': version is left out",
            "cookie 'rare' of '.shop.example': discard is left out, and it keeps its expiry",
        ]
    )
    assert SECRET not in "".join(lost)


def test_what_a_jar_cannot_hold_is_reported_without_values() -> None:
    partitions = [cookie(partitionKey=f"https://{SECRET}{number}") for number in range(2)]
    past = cookie(name="past", expires=-7, priority=SECRET)
    jar, lost = to_cookie_jar(
        state(*partitions, past, cookie(name="rare", priority=SECRET), cookie(name="", value="sid"), version=SECRET)
    )
    assert lost == [
        "cookie 'sid' of 'shop.example': left out, because a later cookie has the same name, domain and path",
        "cookie 'past' of 'shop.example': left out, because it expired in or before 1970",
        "cookie 'rare' of 'shop.example': priority is left out",
        "cookie 'sid' of 'shop.example': left out, because a later cookie has the same name, domain and path",
        "storage state: version is left out",
    ]
    found = from_cookie_jar(jar)[0]
    assert found == state(cookie(name="", value="sid"), cookie(name="rare"))
