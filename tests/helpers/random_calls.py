"""Random calls of the domains' functions, the same for one seed: what to call is decided before a database is asked."""

# ruff: noqa: RUF001  (letters that look like others are the subject)

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from unicodedata import normalize
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import (
    Database,
    NewSessionCookie,
    NewUser,
    User,
    UserRole,
    UserStatus,
    UserType,
    session_cookies,
    users,
)
from tests.helpers.clock import Clock
from tests.helpers.random_one_time_tokens import Links
from tests.helpers.random_refresh_tokens import Tokens
from tests.helpers.random_second_factors import SecondFactors

Call = Callable[[Database], Awaitable[Any]]

LETTERS = "aAbBßẞsSiIİıσΣςéÉe\u0301ǅǆﬁ🚀ЁёΩω_ -.%'\"\\"
PLATFORMS = ("market", "Market", "ж", "🚀 \"'", "x" * 50)
SECRETS = tuple(SecretStr(f"correct horse battery {number}") for number in range(3))


@dataclass
class World:
    """Makes the calls. Few names and few ids, so that they meet."""

    chance: random.Random
    clock: Clock
    user_ids: list[UUID] = field(default_factory=list)
    session_ids: list[UUID] = field(default_factory=list)
    seen: list[User] = field(default_factory=list)
    # A message tells one rule of those that are broken, and each database has its own order: one name a call.
    fresh: int = 0
    tokens: Tokens = field(init=False)
    links: Links = field(init=False)
    second_factors: SecondFactors = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = Tokens(self.chance)
        self.links = Links(self.chance)
        self.second_factors = SecondFactors(self.chance)

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128))

    def user_id(self) -> UUID:
        return self.chance.choice([*self.user_ids[-25:], self.uuid()])

    def session_id(self) -> UUID:
        return self.chance.choice([*self.session_ids[-25:], self.uuid()])

    def name(self, most: int = 2) -> str:
        return "".join(self.chance.choice(LETTERS) for _ in range(self.chance.randint(1, most)))

    def mailbox(self) -> str:
        """Return a name without the characters that an address must not have: spaces, and those that NFKC changes."""
        kept = (letter for letter in self.name() if letter.strip() and normalize("NFKC", letter) == letter)
        return "".join(kept)

    def unused(self) -> str:
        self.fresh += 1
        return f"Pilot{self.fresh}"

    def json(self, depth: int = 3) -> Any:
        choice = self.chance.randrange(9 if depth else 7)
        if choice == 7:
            return [self.json(depth - 1) for _ in range(self.chance.randrange(4))]
        if choice == 8:
            return self.object(depth)
        number = self.chance.choice(
            [self.chance.uniform(-1e15, 1e15), self.chance.gauss(0, 1), -0.0, 1e15, 5e-324, 0.1]
        )
        whole = self.chance.choice([0, -1, 2**63 - 1, -(2**63), self.chance.getrandbits(40)])
        return [None, True, False, self.name(9), number, whole, ""][choice]

    def object(self, depth: int = 3) -> dict[str, Any]:
        return {self.name(4): self.json(depth - 1) for _ in range(self.chance.randrange(4))}

    def some(self, *options: Any) -> Any:
        return self.chance.choice(options)

    def status(self) -> UserStatus:
        return self.chance.choice(list(UserStatus))

    def create_user(self) -> Call:
        meets = self.some("username", "email", "phone_number", "eve_character_id", "nothing")
        name = self.unused()
        given: dict[str, Any] = {
            "id": self.uuid(),
            "username": self.name().strip() or "_" if meets == "username" else name,
            "email": f"{self.mailbox()}a@x" if meets == "email" else f"{name}@x",
            "display_name": self.name(4).strip() or "_",
            "phone_number": f"+1{self.chance.randrange(10)}" if meets == "phone_number" else None,
            "eve_character_id": self.chance.randrange(1, 15) if meets == "eve_character_id" else 1000 + self.fresh,
            "eve_scopes": [self.name(5) for _ in range(self.chance.randrange(3))],
            "status": self.status() if self.chance.random() < 0.3 else UserStatus.ACTIVE,
            "role": self.chance.choice(list(UserRole)),
            "is_private": self.chance.random() < 0.5,
            "metadata": self.object(),
        }
        if self.chance.random() < 0.3:
            given |= {"user_type": UserType.EVE_SSO, "email": None}
        hashed = self.some("$argon2id$one", "$argon2id$two", "$argon2id$three", None)
        new = NewUser(password=SECRETS[0], **given)
        self.user_ids.append(new.id)
        return lambda db: users.insert_user(db, new, hashed_password=hashed)

    def update_user(self) -> Call:
        user_id = self.user_id()
        changes: dict[str, Any] = {
            "display_name": self.name(4),
            "is_private": self.some(True, False, 1),
            "is_test_user": self.some(True, False),
            "metadata": self.some(self.object(), [], None),
        }
        changes = {key: value for key, value in changes.items() if self.chance.random() < 0.3}
        changes |= self.some(
            {},
            {"username": self.some(self.name(), self.unused())},
            {"email": self.some(f"{self.name().replace(' ', '')}a@x", None)},
            {"phone_number": self.some(None, f"+1{self.chance.randrange(10)}", "+0")},
        )
        return lambda db: users.update_user(db, user_id, **changes)

    def change_user(self) -> Call:
        user_id, status, role = self.user_id(), self.status(), self.chance.choice(list(UserRole))
        hashed, verified = self.name(9), self.some("$argon2id$one", "$argon2id$two")
        return cast(
            "Call",
            self.some(
                lambda db: users.set_user_status(db, user_id, status),
                lambda db: users.set_user_role(db, user_id, role),
                lambda db: users.touch_last_login(db, user_id),
                lambda db: users.set_password_hash(db, user_id, hashed_password=hashed),
                lambda db: users.renew_password_hash(db, user_id, verified=verified, renewed=hashed),
                lambda db: users.find_verified_user(db, user_id, verified=verified),
            ),
        )

    def sign_in(self) -> Call:
        # The key of a new account is made inside `sign_in_eve_user`; its statement takes it from here.
        user_id, character = self.uuid(), self.some(self.chance.randrange(1, 15), 0, 2**63)
        name, scopes = self.name(4), [self.name(5) for _ in range(self.chance.randrange(3))]
        self.user_ids.append(user_id)
        return lambda db: users.upsert_eve_user(
            db, user_id, eve_character_id=character, display_name=name, eve_scopes=scopes
        )

    def find_user(self) -> Call:
        text, user_id = self.some(self.name(), f"{self.name()}a@X"), self.user_id()
        ids, character = [self.user_id() for _ in range(self.chance.randrange(6))], self.chance.randrange(-1, 15)
        return cast(
            "Call",
            self.some(
                lambda db: users.find_user_by_username(db, text),
                lambda db: users.find_user_by_email(db, text),
                lambda db: users.find_user_by_login(db, text),
                lambda db: users.find_login_by_username(db, text),
                lambda db: users.find_login_by_email(db, text),
                lambda db: users.find_user_by_eve_character(db, character),
                lambda db: users.get_user(db, user_id),
                lambda db: users.get_users(db, ids),
            ),
        )

    def list_users(self) -> Call:
        status, order = self.some(None, self.status()), self.some("newest", "oldest", "name")
        after, limit = self.some(None, *self.seen[-3:]), self.some(0, 1, 3, 1000)
        return cast(
            "Call",
            self.some(
                lambda db: users.list_users(db, status=status, order=order, after=after, limit=limit),
                lambda db: session_cookies.list_users_with_session_cookies(db, after=after, limit=limit),
                lambda db: users.count_users(db, status=status),
            ),
        )

    def delete_user(self) -> Call:
        user_id = self.user_id()
        return lambda db: users.delete_user(db, user_id)

    def session(self) -> NewSessionCookie:
        new = NewSessionCookie(
            id=self.uuid() if self.chance.random() < 0.95 else self.session_id(),
            user_id=self.user_id(),
            platform=self.some(*PLATFORMS),
            cookies=self.some(self.object(), [self.json()]),
            expires_at=self.clock.now + timedelta(microseconds=self.chance.randrange(-10_000, 400_000)),
        )
        self.session_ids.append(new.id)
        return new

    def create_session(self) -> Call:
        new = self.session()
        return lambda db: session_cookies.create_session_cookie(db, new)

    def import_sessions(self) -> Call:
        new, batch_size = [self.session() for _ in range(self.chance.randrange(4))], self.some(1, 2, 500)
        return lambda db: session_cookies.import_session_cookies(db, new, batch_size=batch_size)

    def replace_session(self) -> Call:
        new, session_id = self.session(), self.session_id()
        owner, platform = self.user_id(), self.some(*PLATFORMS)

        async def replace(db: Database) -> Any:
            found = await session_cookies.list_session_cookies(db, user_id=owner)
            session_cookie_id = found[0].id if found else session_id
            return await session_cookies.replace_session_cookie(
                db,
                session_cookie_id=session_cookie_id,
                user_id=owner,
                platform=found[0].platform if found else platform,
                cookies=new.cookies,
                expires_at=new.expires_at,
            )

        return replace

    def read_sessions(self) -> Call:
        session_id, owner, platform = self.session_id(), self.user_id(), self.some(*PLATFORMS)
        maybe_owner, maybe_platform = self.some(None, owner), self.some(None, platform)
        return cast(
            "Call",
            self.some(
                lambda db: session_cookies.get_session_cookie(db, session_id),
                lambda db: session_cookies.find_session_cookie(db, user_id=owner, platform=platform),
                lambda db: session_cookies.list_session_cookies(db, user_id=owner, platform=maybe_platform),
                lambda db: session_cookies.count_session_cookies(db, user_id=maybe_owner, platform=maybe_platform),
            ),
        )

    def delete_sessions(self) -> Call:
        session_id, owner, platform = self.session_id(), self.user_id(), self.some(None, *PLATFORMS)
        batch_size = self.some(1, 3, 500)
        return cast(
            "Call",
            self.some(
                lambda db: session_cookies.delete_session_cookie(db, session_id),
                lambda db: session_cookies.delete_session_cookies(db, user_id=owner, platform=platform),
                lambda db: session_cookies.purge_expired_session_cookies(db, batch_size=batch_size),
            ),
        )

    def seen_user_id(self) -> UUID:
        return self.chance.choice([self.uuid(), *(user.id for user in self.seen[-6:])])

    def refresh_tokens(self) -> Call:
        return self.tokens.step(self.seen_user_id(), self.clock.now)

    def one_time_tokens(self) -> Call:
        user_id, email = self.some((self.uuid(), None), *((user.id, user.email) for user in self.seen[-6:]))
        return self.links.step(user_id, email, self.clock.now)

    def two_factor(self) -> Call:
        return self.second_factors.step(self.seen_user_id(), self.clock.now)

    def step(self) -> tuple[str, Call]:
        weights = {
            "create_user": 5, "update_user": 5, "change_user": 3, "sign_in": 3, "find_user": 4, "list_users": 4,
            "delete_user": 1, "create_session": 6, "import_sessions": 3, "replace_session": 3, "read_sessions": 5,
            "delete_sessions": 1, "refresh_tokens": 8, "one_time_tokens": 8, "two_factor": 8,
        }  # fmt: skip
        self.clock.advance(timedelta(microseconds=self.chance.choice([0, 0, 1, 5000])))
        [name] = self.chance.choices(list(weights), list(weights.values()))
        return name, getattr(self, name)()
