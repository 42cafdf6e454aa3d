"""Random calls of `one_time_tokens` whose hashes and times are given, so that both databases can be compared."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hangar_dal import Database, one_time_tokens
from hangar_dal.one_time_tokens import TokenPurpose

Call = Callable[[Database], Awaitable[Any]]


@dataclass
class Links:
    """Makes the calls for the users of a walk. Few hashes, so that they meet."""

    chance: random.Random
    hashes: list[str] = field(default_factory=list)

    def purpose(self) -> TokenPurpose:
        return self.chance.choice(list(TokenPurpose))

    def known_hash(self) -> str:
        return self.chance.choice([*self.hashes[-8:], "0" * 64])

    def issue(self, user_id: UUID, email: str | None, now: datetime) -> Call:
        # Always a fresh hash: one that exists is refused by a trigger on SQLite, and by its unique key on PostgreSQL.
        purpose, token_hash = self.purpose(), f"{self.chance.getrandbits(256):064x}"
        address = self.chance.choices([email or "a@x", f"{email}a", "x"], [8, 1, 1])[0]
        expires_at = now + timedelta(microseconds=self.chance.randrange(-2000, 200_000))
        self.hashes.append(token_hash)
        return lambda db: one_time_tokens.replace_one_time_token(
            db, user_id=user_id, purpose=purpose, token_hash=token_hash, email=address, expires_at=expires_at
        )

    def use(self) -> Call:
        presented, purpose, other = self.known_hash(), self.purpose(), self.purpose()

        async def used(db: Database) -> Any:
            found = await one_time_tokens.find_live_one_time_token(db, purpose=purpose, token_hash=presented)
            return found, await one_time_tokens.use_one_time_token(db, purpose=other, token_hash=presented)

        return used

    def other(self, user_id: UUID, email: str | None) -> Call:
        address, batch_size = self.chance.choice([email or "a@x", "b@x"]), self.chance.choice([1, 3, 500])
        calls: list[Call] = [
            lambda db: one_time_tokens.list_one_time_tokens(db, user_id),
            lambda db: one_time_tokens.store_confirmed_email(db, user_id=user_id, email=address),
            lambda db: one_time_tokens.find_confirmed_email(db, user_id),
            lambda db: one_time_tokens.delete_password_tokens(db, user_id),
            lambda db: one_time_tokens.delete_one_time_tokens(db, user_id),
            lambda db: one_time_tokens.purge_expired_one_time_tokens(db, batch_size=batch_size),
        ]
        return self.chance.choices(calls, [4, 3, 3, 1, 1, 1])[0]

    def step(self, user_id: UUID, email: str | None, now: datetime) -> Call:
        [make] = self.chance.choices(
            [lambda: self.issue(user_id, email, now), self.use, lambda: self.other(user_id, email)], [4, 4, 3]
        )
        return make()
