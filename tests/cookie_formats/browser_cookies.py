"""Cookies as a browser may have them: single ones for examples, and all kinds for property tests."""

from typing import Any

from hypothesis import strategies as st

SECRET = "SECRET"
FAR = 4_000_000_000

# Letters of several scripts, and what separates fields, lines, attributes and quotes elsewhere.
_TEXT = st.text(alphabet="azAZ09 ж字🌌=;,\"'\\%#$_.-\u2028\u0085\u00a0", max_size=12)
_LABEL = st.text(alphabet="abcz09-", min_size=1, max_size=6)
HOSTS = st.one_of(
    st.lists(_LABEL, min_size=1, max_size=3).map(".".join),
    st.sampled_from(["localhost", "127.0.0.1", "[::1]", "printer.local", "xn--fa-hia.de"]),
)


def cookie(**changes: Any) -> dict[str, Any]:
    """A cookie that loses nothing in any format."""
    plain = {
        "name": "sid",
        "value": SECRET,
        "domain": "shop.example",
        "path": "/",
        "expires": FAR,
        "httpOnly": False,
        "secure": False,
    }
    return {**plain, **changes}


def state(*cookies: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cookies": list(cookies), "origins": [], **more}


def _may_have_subdomains(found: dict[str, Any]) -> bool:
    """Whether a host may have subdomains; addresses have none."""
    return found["domain"] not in ("127.0.0.1", "[::1]")


@st.composite
def _cookies(draw: st.DrawFn, *, whole: bool, attributes: bool) -> dict[str, Any]:
    expires = st.integers(1, 2**53) if whole else st.floats(1, 1e12)
    found = cookie(
        name=draw(_TEXT),
        value=draw(_TEXT),
        domain=draw(HOSTS),
        path="/" + draw(_TEXT),
        expires=draw(st.one_of(st.just(-1), expires)),
        httpOnly=draw(st.booleans()),
        secure=draw(st.booleans()),
    )
    if _may_have_subdomains(found) and draw(st.booleans()):
        found["domain"] = "." + found["domain"]
    if attributes:
        if same_site := draw(st.sampled_from(["Strict", "Lax", "None", None])):
            found["sameSite"] = same_site
        if draw(st.booleans()):
            found["partitionKey"] = draw(HOSTS.map("https://{}".format))
    return found


def _place(found: dict[str, Any]) -> tuple[str, str, str]:
    """What a jar tells cookies apart by. A jar holds a cookie without a name under its value."""
    return found["domain"], found["path"], found["name"] or found["value"]


def states(*, whole: bool = True, attributes: bool = True) -> st.SearchStrategy[dict[str, Any]]:
    """Storage states without localStorage, whose cookies differ in name, domain or path.

    `whole` expiries have no fraction; `attributes` adds SameSite and partition keys.
    """
    kinds = _cookies(whole=whole, attributes=attributes)
    return st.lists(kinds, max_size=4, unique_by=_place).map(lambda found: state(*found))


def canonical(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The cookies in an order of their own: a jar sorts them by domain and path."""
    return sorted(given["cookies"], key=_place)
