"""Convert to and from `http.cookiejar.CookieJar`, as requests and httpx use it: `httpx.Client(cookies=jar)`."""

from collections.abc import Iterator
from http.cookiejar import Cookie as JarCookie
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Final, Literal

from pydantic import ValidationError

from hangar_dal.cookie_formats.storage_state import (
    SESSION,
    Cookie,
    cookies_of,
    first_fault,
    is_address,
    lost_besides_cookies,
    lost_of_unknown,
    state_of,
    title,
    whole_seconds,
)
from hangar_dal.values import JsonArray, JsonObject

# The jar appends this to the name of a host that has no dot, such as localhost.
_LOCAL: Final = ".local"
# Marks a cookie of a jar to which this module has appended `.local`.
_IS_DOTLESS: Final = "HostWithoutDot"
_SAME_SITES: Final[dict[str, Literal["Strict", "Lax", "None"]]] = {"strict": "Strict", "lax": "Lax", "none": "None"}
_KNOWN: Final = {"httponly", "samesite", "partitioned", _IS_DOTLESS.lower()}


def to_cookie_jar(state: JsonObject | JsonArray) -> tuple[CookieJar, list[str]]:
    """Convert a storage state to a jar; also return a sentence for each part that the jar cannot store.

    The jar sends a host-only cookie only to its host. It stores SameSite and partition keys but ignores them.
    """
    jar = CookieJar(DefaultCookiePolicy(strict_ns_domain=DefaultCookiePolicy.DomainStrictNonDomain))
    lost, seen = list[str](), dict[tuple[str, str, str], str]()
    for cookie in cookies_of(state):
        seconds, sentences = whole_seconds(cookie)
        lost += sentences
        if seconds is not None and seconds <= 0:
            continue
        lost += lost_of_unknown(cookie)
        put = _put(cookie, seconds)
        key = (put.domain, put.path, put.name)
        if key in seen:
            lost.append(f"{seen[key]}: left out, because a later cookie has the same name, domain and path")
        seen[key] = cookie.title
        jar.set_cookie(put)
    return jar, [*lost, *lost_besides_cookies(state)]


def _put(cookie: Cookie, seconds: int | None) -> JarCookie:
    rest: dict[str, str] = {}
    if cookie.httpOnly:
        rest["HTTPOnly"] = ""  # MozillaCookieJar spells it like this and writes it to its file
    if cookie.sameSite is not None:
        rest["SameSite"] = cookie.sameSite
    if cookie.partitionKey is not None:
        rest["Partitioned"] = cookie.partitionKey
    domain = cookie.domain
    if "." not in domain.removeprefix("."):
        domain += _LOCAL
        rest[_IS_DOTLESS] = ""
    return JarCookie(
        version=0,
        # A browser sends only the value of a cookie without a name. The jar stores it as a name without a value.
        name=cookie.name or cookie.value,
        value=cookie.value if cookie.name else None,
        port=None,
        port_specified=False,
        domain=domain,
        domain_specified=not cookie.is_host_only,
        domain_initial_dot=not cookie.is_host_only,
        path=cookie.path,
        path_specified=True,
        secure=cookie.secure,
        expires=seconds,
        discard=seconds is None,
        comment=None,
        comment_url=None,
        rest=rest,
    )


def from_cookie_jar(jar: CookieJar) -> tuple[JsonObject, list[str]]:
    """Convert a jar to a storage state; also return a sentence for each part that the storage state cannot store."""
    cookies, lost = list[Cookie](), list[str]()
    for put in jar:
        cookie, sentences = _taken(put)
        lost += sentences
        if cookie is not None:
            cookies.append(cookie)
    return state_of(cookies), lost


def _taken(put: JarCookie) -> tuple[Cookie | None, list[str]]:
    name, value = ("", put.name) if put.value is None else (put.name, put.value)
    rest = {key.lower(): attribute for key, attribute in _rest_of(put)}
    domain = _domain_of(put, _IS_DOTLESS.lower() in rest)
    named = title(name, domain)
    if not domain.removeprefix("."):
        return None, [f"{named}: left out, because it has no domain"]
    if put.expires is not None and put.expires < 0:
        return None, [f"{named}: left out, because it expired before 1970"]
    same_site = _SAME_SITES.get((rest.get("samesite") or "").lower())
    try:
        cookie = Cookie(
            name=name,
            value=value,
            domain=domain,
            path=put.path,
            expires=put.expires or SESSION,  # curl writes 0 for a session cookie
            httpOnly="httponly" in rest,
            secure=put.secure,
            sameSite=same_site,
            partitionKey=rest.get("partitioned") or None,
        )
    except ValidationError as refused:
        [attribute], _ = first_fault(refused)
        return None, [f"{named}: left out, because its {attribute} is not valid in a browser's cookie"]
    return cookie, [f"{named}: {sentence}" for sentence in _lost_attributes(put, rest, cookie)]


def _rest_of(put: JarCookie) -> list[tuple[str, str | None]]:
    """Return the nonstandard attributes of a cookie. The jar has no public API for them."""
    return list(vars(put)["_rest"].items())


def _domain_of(put: JarCookie, is_dotless: bool) -> str:
    host = put.domain.removeprefix(".")
    if is_dotless or host == f"localhost{_LOCAL}":
        host = host.removesuffix(_LOCAL)
    is_host_only = not put.domain_specified and not put.domain.startswith(".")
    return host if is_host_only or is_address(host) else f".{host}"


def _lost_attributes(put: JarCookie, rest: dict[str, str | None], cookie: Cookie) -> Iterator[str]:
    for name in ("port", "comment", "comment_url"):
        if getattr(put, name) is not None:
            yield f"{name} is left out"
    if put.version:
        yield "version is left out"
    if put.discard and put.expires:
        yield "discard is left out, and it keeps its expiry"
    if "samesite" in rest and cookie.sameSite is None:
        yield "SameSite is left out, because browsers do not know its value"
    if "partitioned" in rest and cookie.partitionKey is None:
        yield "Partitioned is left out, because the jar does not know the site of the partition"
    for name in sorted(rest.keys() - _KNOWN):
        yield f"{name} is left out"
    host = cookie.domain.removeprefix(".")
    if _IS_DOTLESS.lower() not in rest and host.count(".") == 1 and host.endswith(_LOCAL):
        yield "the jar writes a host without a dot in the same way, so the host may lack .local"
