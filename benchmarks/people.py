"""The rows of the catalog ACCOUNTS for a plausible database."""

from base64 import b32encode
from bisect import bisect
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from benchmarks.account_rows import SetUpFactor
from benchmarks.chance import Chance
from benchmarks.moment import DAY, END, SPAN
from benchmarks.texts import FIRST_NAMES, LAST_NAMES
from hangar_dal.eve_tokens import NewEveToken
from hangar_dal.models.two_factor import NewTwoFactor
from hangar_dal.one_time_tokens import LIFETIMES, ImportedOneTimeToken, TokenPurpose
from hangar_dal.refresh_tokens import NewRefreshToken
from hangar_dal.security_events import SecurityEvent, SecurityEventKind
from hangar_dal.session_cookies import NewSessionCookie
from hangar_dal.sign_in_failures import LOGIN_LIMITS, SignInFailures, login_key
from hangar_dal.totp import SECRET_BYTES
from hangar_dal.users import ImportedUser, UserRole, UserStatus, UserType

COOKIES: Final = 0.4  # for each user
EMAIL_CONFIRMATION, PASSWORD_RESET = TokenPurpose.EMAIL_CONFIRMATION, TokenPurpose.PASSWORD_RESET
_SOURCE, _USER_AGENT = "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class People:
    """The rows of so many users. Each table can be read more than once, and gives the same rows.

    `now` has the instant at which the last row of a table came to be, for rows that do not say it themselves.
    """

    def __init__(self, users: int, *, seed: int = 1, end: datetime = END) -> None:
        self.size = users
        self.seed = seed
        self.end = end
        self.now: dict[str, datetime] = {}
        start = end - SPAN
        chance = self._chance("people")
        # More users join each year. They are in the order in which they joined.
        self.joined = [start + (SPAN - DAY) * (place / users) ** 0.6 for place in range(users)]
        self.ids = [chance.key(at) for at in self.joined]
        self.famous = chance.sample(range(users), users)  # by fame

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """The first and the last name of each user."""
        chance = self._chance("names")
        return [(chance.choice(FIRST_NAMES), chance.choice(LAST_NAMES)) for _ in range(self.size)]

    @cached_property
    def statuses(self) -> list[UserStatus]:
        """The status of each user. The first one is an administrator."""
        chance = self._chance("statuses")
        return [UserStatus.ACTIVE, *chance.choices(list(UserStatus), [96, 2, 1, 1], k=self.size - 1)]

    @cached_property
    def private(self) -> set[int]:
        """Who has to accept followers."""
        chance = self._chance("private")
        return {place for place in range(self.size) if chance.random() < 0.1}

    def users(self) -> Iterator[ImportedUser]:
        chance = self._chance("users")
        for place, (user_id, at) in enumerate(zip(self.ids, self.joined, strict=True)):
            first, last = self.names[place]
            given: dict[str, Any] = {"username": self._username(place)}
            if self._is_eve(place):
                given |= {"user_type": UserType.EVE_SSO, "eve_character_id": 90_000_000 + place}
                given["eve_scopes"] = ["publicData", "esi-assets.read_assets.v1"]
            else:
                given |= {"email": self._email(place), "hashed_password": "!"}
            if chance.random() < 0.1:
                given["phone_number"] = f"+4930{place:08}"
            yield ImportedUser(
                id=user_id,
                display_name=f"{first} {last}",
                status=self.statuses[place],
                role=UserRole.ADMIN if place == 0 else UserRole.MODERATOR if place % 500 == 1 else UserRole.USER,
                is_private=place in self.private,
                metadata={"theme": chance.choice(["dark", "light"])},
                created_at=at,
                **given,
            )

    def session_cookies(self) -> Iterator[NewSessionCookie]:
        chance = self._chance("session_cookies")
        for at, place in self._over_time(chance, COOKIES):
            self.now["session_cookies"] = at
            yield NewSessionCookie(
                id=chance.key(at),
                user_id=self.ids[place],
                platform=chance.choice(["market", "forum", "starmap"]),
                cookies={"cookies": [{"name": "session", "value": f"{chance.getrandbits(128):032x}"}], "origins": []},
                expires_at=at + DAY * chance.randrange(7, 90),
            )

    def eve_tokens(self) -> Iterator[NewEveToken]:
        chance = self._chance("eve_tokens")
        for place, (user_id, at) in enumerate(zip(self.ids, self.joined, strict=True)):
            if self._is_eve(place):
                self.now["eve_tokens"] = at
                yield NewEveToken(
                    eve_character_id=90_000_000 + place,
                    user_id=user_id,
                    access_token=f"{chance.getrandbits(2048):0512x}",
                    refresh_token=f"{chance.getrandbits(128):032x}",
                    scopes=["publicData", "esi-assets.read_assets.v1"],
                    expires_at=self.end + timedelta(minutes=20) * chance.random(),
                )

    def refresh_tokens(self) -> Iterator[NewRefreshToken]:
        chance = self._chance("refresh_tokens")
        for place, (user_id, at) in enumerate(zip(self.ids, self.joined, strict=True)):
            for _ in range(chance.choice([0, 1, 1, 2])):
                signed_in_at = chance.between(at, self.end)
                key = chance.key(signed_in_at)
                yield NewRefreshToken(
                    jti=key,
                    family_id=key,
                    user_id=user_id,
                    token_hash=sha256(f"{self.seed} {place} {key}".encode()).hexdigest(),
                    rotated_from=None,
                    user_agent=_USER_AGENT,
                    source=_SOURCE,
                    signed_in_at=signed_in_at,
                    session_ends_at=signed_in_at + 90 * DAY,
                    issued_at=signed_in_at,
                    expires_at=signed_in_at + 30 * DAY,
                )

    def security_events(self) -> Iterator[SecurityEvent]:
        chance = self._chance("security_events")
        kinds = [SecurityEventKind.SIGN_IN, SecurityEventKind.SIGN_IN_FAILED, SecurityEventKind.SIGNED_OUT]
        for user_id, joined in zip(self.ids, self.joined, strict=True):
            later = [chance.choices(kinds, [7, 1, 2])[0] for _ in range(chance.randrange(3))]
            for kind in (SecurityEventKind.REGISTERED, *later):
                at = joined if kind is SecurityEventKind.REGISTERED else chance.between(joined, self.end)
                yield SecurityEvent(
                    id=chance.key(at),
                    kind=kind,
                    user_id=user_id,
                    actor_id=None,
                    source=_SOURCE,
                    user_agent=_USER_AGENT,
                    occurred_at=at,
                )

    def one_time_tokens(self) -> Iterator[ImportedOneTimeToken]:
        """Of active users with an address: most have confirmed it, and some have asked for a new password."""
        chance = self._chance("one_time_tokens")
        for place, (user_id, joined) in enumerate(zip(self.ids, self.joined, strict=True)):
            if self._is_eve(place):
                continue
            for purpose, share, used in ((EMAIL_CONFIRMATION, 0.2, 0.9), (PASSWORD_RESET, 0.05, 0.7)):
                at = joined if purpose is EMAIL_CONFIRMATION else chance.between(joined, self.end)
                if chance.random() < share:
                    used_at = at + LIFETIMES[purpose] * chance.random() if chance.random() < used else None
                    if self.statuses[place] is not UserStatus.ACTIVE:
                        continue
                    yield ImportedOneTimeToken(
                        user_id=user_id,
                        purpose=purpose,
                        token_hash=sha256(f"{self.seed} {purpose} {user_id}".encode()).hexdigest(),
                        email=self._email(place),
                        issued_at=at,
                        expires_at=at + LIFETIMES[purpose],
                        used_at=used_at,
                    )

    def sign_in_failures(self) -> Iterator[SignInFailures]:
        """Attempts one after the other. The last ones of many are refused, since the account is locked."""
        chance = self._chance("sign_in_failures")
        for place, joined in enumerate(self.joined):
            if chance.random() < 0.1:
                key, at = login_key(self._username(place)), chance.between(joined, self.end)
                number = chance.choice([1, 1, 2, 2, 3, 6, 7])
                failures = min(number, LOGIN_LIMITS.free)
                yield SignInFailures(
                    key=key,
                    failures=failures,
                    refused=number - failures,
                    locked_until=at + LOGIN_LIMITS.locks[0] if failures == LOGIN_LIMITS.free else None,
                    attempted_at=at,
                )

    def second_factors(self) -> Iterator[SetUpFactor]:
        chance = self._chance("second_factors")
        for user_id, joined in zip(self.ids, self.joined, strict=True):
            if chance.random() < 0.1:
                at = chance.between(joined, self.end)
                key, secret = chance.key(at), b32encode(chance.randbytes(SECRET_BYTES)).decode()
                yield SetUpFactor(
                    at=at,
                    new=NewTwoFactor(id=key, user_id=user_id, secret=secret),
                    confirmed_at=at + timedelta(minutes=1) if chance.random() < 0.8 else None,
                    code_hashes=[sha256(f"{self.seed} {key} {each}".encode()).hexdigest() for each in range(10)],
                )

    def _username(self, place: int) -> str:
        first, last = self.names[place]
        return f"{first}.{last}{place}".lower()

    def _email(self, place: int) -> str:
        return f"{self._username(place)}@example.org"

    def _chance(self, table: str) -> Chance:
        return Chance(self.seed, table)

    def _is_eve(self, place: int) -> bool:
        return place % 4 == 3

    def _over_time(self, chance: Chance, for_each: float) -> Iterator[tuple[datetime, int]]:
        """So many instants for each user, in their order, and a user who had joined by then."""
        total, start = int(self.size * for_each), self.joined[0]
        for number in range(total):
            at = start + (self.end - start) * ((number + 1) / (total + 1)) ** 0.6
            yield at, chance.skewed(bisect(self.joined, at))
