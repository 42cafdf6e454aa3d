"""Playwright's storage state: its cookies and its other parts."""

import json
import math
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Annotated, Any, Final, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from hangar_dal.errors import InvalidValue, raise_alone
from hangar_dal.values import JsonArray, JsonObject

SESSION: Final = -1  # the value of `expires` for a cookie that ends with the browser session

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_NO_EXPIRY: Final = "expires_at: no cookie says when it expires. Pass expires_at."


class Cookie(BaseModel):
    """A cookie. If the domain begins with a dot, subdomains also get the cookie; otherwise only this host does."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", hide_input_in_errors=True)

    name: str
    value: str = Field(repr=False)
    domain: Annotated[str, StringConstraints(pattern=r"^\.?[^\s.#$][^\s]*$")]
    path: Annotated[str, StringConstraints(pattern=r"^/")]
    expires: Annotated[int | float, Field(allow_inf_nan=False)] = SESSION
    httpOnly: bool = False  # noqa: N815  (Playwright's name)
    secure: bool = False
    sameSite: Literal["Strict", "Lax", "None"] | None = None  # noqa: N815
    partitionKey: str | None = None  # noqa: N815

    @property
    def title(self) -> str:
        """The description of this cookie in messages."""
        return title(self.name, self.domain)

    @property
    def is_session(self) -> bool:
        return self.expires == SESSION

    @property
    def is_host_only(self) -> bool:
        return not self.domain.startswith(".")

    def shown(self) -> JsonObject:
        """Return the cookie as JSON, without attributes that are None."""
        return self.model_dump(exclude_none=True)


def title(name: str, domain: str) -> str:
    """Return the description of a cookie in messages. It never contains the value."""
    named = f"cookie {name!r}" if name else "cookie without a name"
    return f"{named} of {domain!r}" if domain else named


def cookies_of(state: JsonObject | JsonArray) -> list[Cookie]:
    """Return the cookies of a storage state, or of the list that `context.cookies()` returns."""
    listed: Any = state.get("cookies") if isinstance(state, dict) else state
    if not isinstance(listed, list):
        raise InvalidValue("cookies: not a storage state of Playwright, which has a list of cookies")
    return [_cookie(number, each) for number, each in enumerate(listed)]


def _cookie(number: int, given: object) -> Cookie:
    try:
        return Cookie.model_validate(given)
    except ValidationError as refused:
        attribute, message = first_fault(refused)
        place = ".".join([f"cookies[{number}]", *attribute])
        raise_alone(InvalidValue(f"{place}: {message}"))


def first_fault(refused: ValidationError) -> tuple[list[str], str]:
    """Return the invalid attribute (empty if the whole cookie is invalid) and the message, without the value."""
    [first, *_] = refused.errors(include_url=False, include_context=False, include_input=False)
    return [str(part) for part in first["loc"][:1]], first["msg"]


def state_of(cookies: Iterable[Cookie]) -> JsonObject:
    """Return a storage state with these cookies and nothing else."""
    return {"cookies": [cookie.shown() for cookie in cookies], "origins": []}


def lost_besides_cookies(state: JsonObject | JsonArray) -> Iterator[str]:
    """Yield a sentence for each part of a storage state besides its cookies. Other formats store only cookies."""
    if not isinstance(state, dict):
        return
    origins = state.get("origins")
    for number, origin in enumerate(origins if isinstance(origins, list) else []):
        if isinstance(origin, dict):
            named = repr(origin["origin"]) if isinstance(origin.get("origin"), str) else str(number)
            for kept in sorted(key for key, value in origin.items() if key != "origin" and value):
                yield f"origin {named}: {kept} is left out"
    for key in sorted(state.keys() - {"cookies", "origins"}):
        yield f"storage state: {key} is left out"


def lost_of_unknown(cookie: Cookie) -> Iterator[str]:
    """Yield a sentence for each attribute that only Playwright supports."""
    for key in sorted(cookie.model_extra or {}):
        yield f"{cookie.title}: {key} is left out"


def whole_seconds(cookie: Cookie) -> tuple[int | None, list[str]]:
    """Return the expiry of a cookie in whole seconds, None for a session cookie; and sentences about what is lost.

    If the expiry is 0 or less, leave out the cookie: the other formats use 0 for session cookies.
    """
    if cookie.is_session:
        return None, []
    seconds = math.floor(cookie.expires)
    if seconds <= 0:
        return seconds, [f"{cookie.title}: left out, because it expired in or before 1970"]
    return seconds, [f"{cookie.title}: expires is cut to whole seconds"] if seconds != cookie.expires else []


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, which has no subdomains."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def expiry_of(cookies: JsonObject | JsonArray) -> datetime:
    """Return the latest expiry of the cookies of a storage state. Session cookies are ignored.

    Raises `InvalidValue` if no cookie has an expiry, or if the value is not a storage state of Playwright.
    """
    instants = [cookie.expires for cookie in cookies_of(cookies) if not cookie.is_session]
    if not instants:
        raise InvalidValue(_NO_EXPIRY)
    try:
        return _EPOCH + timedelta(seconds=max(instants))
    except OverflowError:
        return _LAST


def from_storage_state(text: str) -> JsonObject:
    """Parse a file written by `context.storage_state(path=...)`.

    Raises `InvalidValue` with the line if it is not JSON.
    """
    try:
        state = json.loads(text.removeprefix("\N{BYTE ORDER MARK}"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as fault:
        raise_alone(InvalidValue(f"line {fault.lineno}: not JSON. Pass the text of a storage state of Playwright."))
    except RecursionError:
        raise_alone(InvalidValue("storage state: JSON is nested too deep"))
    if not isinstance(state, dict):
        raise InvalidValue("storage state: must be a JSON object with a list of cookies")
    cookies_of(state)
    return state


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidValue("storage state: a number must be finite")


def to_storage_state(state: JsonObject) -> str:
    """Return the text of a file for `browser.new_context(storage_state=...)`."""
    cookies_of(state)
    return json.dumps(state, ensure_ascii=False, indent=2)
