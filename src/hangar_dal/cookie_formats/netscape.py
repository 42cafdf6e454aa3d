"""Read and write Netscape's `cookies.txt`, which curl, wget, yt-dlp and `http.cookiejar.MozillaCookieJar` use."""

import math
import re
from collections.abc import Iterator
from typing import Final

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
from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.values import JsonArray, JsonObject

HEADER: Final = "# Netscape HTTP Cookie File"

_HTTP_ONLY: Final = "#HttpOnly_"
_FIELDS: Final = ("domain", "whether subdomains get it", "path", "secure", "expires", "name", "value")
_FLAGS: Final = {"TRUE": True, "FALSE": False}
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_UNFIT: Final = re.compile(r"[\t\r\n]")


def from_netscape(text: str) -> tuple[JsonObject, list[str]]:
    """Convert a `cookies.txt` to a storage state; also return a sentence for each cookie changed or left out.

    Raises `InvalidValue` with the number of the first line that cannot be read.
    """
    cookies, lost = list[Cookie](), list[str]()
    for number, line in enumerate(text.removeprefix("\N{BYTE ORDER MARK}").split("\n"), start=1):
        stripped = line.removesuffix("\r")
        is_http_only = stripped.startswith(_HTTP_ONLY)
        if not stripped.strip() or (stripped.lstrip().startswith("#") and not is_http_only):
            continue
        fields = stripped.removeprefix(_HTTP_ONLY).split("\t")
        cookie, sentences = _read(number, fields, is_http_only)
        lost += sentences
        if cookie is not None:
            cookies.append(cookie)
    return state_of(cookies), lost


def _read(number: int, fields: list[str], is_http_only: bool) -> tuple[Cookie | None, list[str]]:
    if len(fields) == len(_FIELDS) - 1:
        fields = [*fields, ""]  # some editors remove the tab before an empty value
    if len(fields) != len(_FIELDS):
        raise InvalidValue(f"line {number}: expected {len(_FIELDS)} fields separated by tabs, found {len(fields)}")
    domain, flag, path, secure, expires, name, value = fields
    with_subdomains, is_secure = _flag(number, 1, flag), _flag(number, 3, secure)
    ends = _expires(number, expires)
    host, lost = domain.removeprefix("."), []
    if domain.startswith(".") and not with_subdomains:
        lost.append(
            f"{title(name, domain)}: the domain begins with a dot, but its flag says host-only, and it is read so"
        )
    shown = f".{host}" if with_subdomains and not is_address(host) else host
    if ends != SESSION and ends <= 0:
        return None, [*lost, f"{title(name, shown)}: left out, because it expired in or before 1970"]
    try:
        cookie = Cookie(
            name=name, value=value, domain=shown, path=path, expires=ends, httpOnly=is_http_only, secure=is_secure
        )
    except ValidationError as refused:
        [attribute], _ = first_fault(refused)
        raise_alone(InvalidValue(f"line {number}: the {attribute} is not valid in a cookie"))
    return cookie, lost


def _flag(number: int, field: int, text: str) -> bool:
    if (value := _FLAGS.get(text.upper())) is None:
        raise InvalidValue(f"line {number}: field {field + 1} ({_FIELDS[field]}) must be TRUE or FALSE")
    return value


def _expires(number: int, text: str) -> int | float:
    """Return the expiry in seconds since 1970. Programs write nothing, 0 or -1 for a session cookie."""
    try:
        seconds = int(text) if _WHOLE.fullmatch(text) else float(text or "0")
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InvalidValue(f"line {number}: field 5 (expires) must be a number of seconds since 1970")
    return SESSION if seconds in (0, SESSION) else seconds


def to_netscape(state: JsonObject | JsonArray) -> tuple[str, list[str]]:
    """Convert a storage state to the text of a `cookies.txt`; also return a sentence for each part left out."""
    lines, lost = [HEADER, ""], list[str]()
    for cookie in cookies_of(state):
        fields = [cookie.domain, cookie.path, cookie.name, cookie.value]
        if any(_UNFIT.search(field) for field in fields):
            lost.append(f"{cookie.title}: left out, because a part of it has a tab or a line break")
            continue
        seconds, sentences = whole_seconds(cookie)
        lost += sentences
        if seconds is None or seconds > 0:
            lost += _lost_attributes(cookie)
            lines.append(_line(cookie, seconds))
    return "\n".join([*lines, ""]), [*lost, *lost_besides_cookies(state)]


def _line(cookie: Cookie, seconds: int | None) -> str:
    prefix = _HTTP_ONLY if cookie.httpOnly else ""
    flags = ["FALSE" if cookie.is_host_only else "TRUE", "TRUE" if cookie.secure else "FALSE"]
    expires = "0" if seconds is None else str(seconds)
    return "\t".join([f"{prefix}{cookie.domain}", flags[0], cookie.path, flags[1], expires, cookie.name, cookie.value])


def _lost_attributes(cookie: Cookie) -> Iterator[str]:
    for name, value in (("sameSite", cookie.sameSite), ("partitionKey", cookie.partitionKey)):
        if value is not None:
            yield f"{cookie.title}: {name} is left out"
    yield from lost_of_unknown(cookie)
