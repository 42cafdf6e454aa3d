"""`from_netscape` and `to_netscape`: what programs write, what is lost, and which files are refused."""

from typing import Any

import pytest

from hangar_dal.cookie_formats import from_netscape, to_netscape
from hangar_dal.errors import InvalidValue
from tests.cookie_formats.browser_cookies import FAR, SECRET, cookie, state

LINE = f"shop.example\tFALSE\t/\tFALSE\t{FAR}\tsid\t{SECRET}"


def line(**changes: Any) -> str:
    fields = {
        "domain": "shop.example",
        "subdomains": "FALSE",
        "path": "/",
        "secure": "FALSE",
        "expires": FAR,
        "name": "sid",
        "value": SECRET,
    }
    return "\t".join(str(field) for field in {**fields, **changes}.values())


def test_a_file_as_curl_writes_it_is_read() -> None:
    text = (
        "# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n\n"
        f"#HttpOnly_.shop.example\tTRUE\t/\tTRUE\t{FAR}\tsid\t{SECRET}\n"
        "shop.example\tFALSE\t/cart\tFALSE\t0\tcart\t3\n"
    )
    sid = cookie(domain=".shop.example", httpOnly=True, secure=True)
    cart = cookie(name="cart", value="3", path="/cart", expires=-1)
    assert from_netscape(text) == (state(sid, cart), [])


READ: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": (LINE, {}),
    "Windows line ends": (f"{LINE}\r\n\r\n", {}),
    "byte order mark": (f"\ufeff{LINE}", {}),
    "no header, spaces and comments": (f"  \n# a comment\n   # another\n{LINE}\n\n", {}),
    "lower case flags": (line(secure="true", subdomains="false"), {"secure": True}),
    "HttpOnly": (f"#HttpOnly_{LINE}", {"httpOnly": True}),
    "expires is empty": (line(expires=""), {"expires": -1}),
    "expires is 0": (line(expires=0), {"expires": -1}),
    "expires is -1": (line(expires=-1), {"expires": -1}),
    "expires has a fraction": (line(expires=f"{FAR}.25"), {"expires": FAR + 0.25}),
    "subdomains without a dot": (line(subdomains="TRUE"), {"domain": ".shop.example"}),
    "an address has no subdomains": (line(domain="127.0.0.1", subdomains="TRUE"), {"domain": "127.0.0.1"}),
    "empty value": (line(value=""), {"value": ""}),
    "empty value without its tab": (line(value="").rstrip("\t"), {"value": ""}),
    "no name": (line(name=""), {"name": ""}),
    "spaces around a value": (line(value=" a b "), {"value": " a b "}),
    "separators of other systems": (line(value="a\u2028b\x0bc\x85"), {"value": "a\u2028b\x0bc\x85"}),
}


@pytest.mark.parametrize(("text", "changes"), READ.values(), ids=READ)
def test_each_way_to_write_a_line_is_read(text: str, changes: dict[str, Any]) -> None:
    assert from_netscape(text) == (state(cookie(**changes)), [])


def test_a_dot_that_the_flag_contradicts_is_reported() -> None:
    found, lost = from_netscape(line(domain=".shop.example"))
    assert found == state(cookie())
    assert lost == [
        "cookie 'sid' of '.shop.example': the domain begins with a dot, but its flag says host-only, and it is read so"
    ]


def test_a_cookie_that_expired_before_1970_is_left_out() -> None:
    found, lost = from_netscape(f"{line(expires=-2)}\n{LINE}")
    assert found == state(cookie())
    assert lost == ["cookie 'sid' of 'shop.example': left out, because it expired in or before 1970"]


REFUSED = {
    f"{SECRET}": "line 1: expected 7 fields separated by tabs, found 1",
    f"{LINE}\n\n# comment\n{LINE}\t{SECRET}": "line 4: expected 7 fields separated by tabs, found 8",
    LINE.replace("\t", "    "): "line 1: expected 7 fields separated by tabs, found 1",
    line(subdomains=SECRET): "line 1: field 2 (whether subdomains get it) must be TRUE or FALSE",
    f"{LINE}\n{line(secure=SECRET)}": "line 2: field 4 (secure) must be TRUE or FALSE",
    line(expires=SECRET): "line 1: field 5 (expires) must be a number of seconds since 1970",
    line(expires="nan"): "line 1: field 5 (expires) must be a number of seconds since 1970",
    line(expires="1e999"): "line 1: field 5 (expires) must be a number of seconds since 1970",
    line(domain=""): "line 1: the domain is not valid in a cookie",
    line(domain=f"{SECRET} x"): "line 1: the domain is not valid in a cookie",
    line(path=SECRET): "line 1: the path is not valid in a cookie",
    '{"cookies": []}': "line 1: expected 7 fields separated by tabs, found 1",
}


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=[str(number) for number in range(len(REFUSED))])
def test_a_bad_file_is_refused_with_its_line_and_without_values(text: str, message: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        from_netscape(text)
    assert str(caught.value) == message
    assert SECRET not in message
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_empty_file_has_no_cookies() -> None:
    assert from_netscape("") == (state(), [])
    assert to_netscape(state()) == ("# Netscape HTTP Cookie File\n\n", [])


def test_what_the_file_cannot_hold_is_reported_without_values() -> None:
    kept = cookie(sameSite="Lax", partitionKey=f"https://{SECRET}", expires=FAR + 0.5, priority=SECRET)
    left_out = [
        cookie(name="tab", value=f"{SECRET}\t"),
        cookie(name="line", path=f"/{SECRET}\n"),
        cookie(name="past", expires=0.5),
        cookie(name="", value=f"{SECRET}\r"),
    ]
    storage = [{"name": "token", "value": SECRET}]
    origins = [{"origin": "https://shop.example", "localStorage": storage}, {"origin": "https://b.example"}]
    text, lost = to_netscape({"cookies": [kept, *left_out], "origins": origins, "version": SECRET})
    assert text == f"# Netscape HTTP Cookie File\n\n{LINE}\n"
    assert lost == [
        "cookie 'sid' of 'shop.example': expires is cut to whole seconds",
        "cookie 'sid' of 'shop.example': sameSite is left out",
        "cookie 'sid' of 'shop.example': partitionKey is left out",
        "cookie 'sid' of 'shop.example': priority is left out",
        "cookie 'tab' of 'shop.example': left out, because a part of it has a tab or a line break",
        "cookie 'line' of 'shop.example': left out, because a part of it has a tab or a line break",
        "cookie 'past' of 'shop.example': left out, because it expired in or before 1970",
        "cookie without a name of 'shop.example': left out, because a part of it has a tab or a line break",
        "origin 'https://shop.example': localStorage is left out",
        "storage state: version is left out",
    ]


def test_the_list_of_a_browser_context_is_written_too() -> None:
    assert to_netscape([cookie()]) == to_netscape(state(cookie()))
