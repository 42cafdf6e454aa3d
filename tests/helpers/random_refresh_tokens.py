"""Random calls of `refresh_tokens` whose keys and hashes are given, so that both databases can be compared."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hangar_dal import Database, refresh_tokens
from hangar_dal.models.refresh_tokens import NewRefreshToken
from hangar_dal.refresh_tokens import RefreshToken

Call = Callable[[Database], Awaitable[Any]]
AGENTS = (None, "Firefox", "ж", "x" * 512, "x" * 512, "x" * 513)


@dataclass
class Tokens:
    """Makes the calls for the users of a walk. Few hashes, so that they meet."""

    chance: random.Random
    hashes: list[str] = field(default_factory=list)
    owners: list[UUID] = field(default_factory=list)

    def uuid(self) -> UUID:
        return UUID(int=self.chance.getrandbits(128))

    def fresh_hash(self) -> str:
        self.hashes.append(f"{self.chance.getrandbits(256):064x}")
        return self.hashes[-1]

    def known_hash(self) -> str:
        return self.chance.choice([*self.hashes[-8:], "0" * 64])

    def lifetime(self) -> timedelta:
        return timedelta(microseconds=self.chance.randrange(1, 200_000))

    def issue(self, user_id: UUID, now: datetime) -> Call:
        jti, ends = self.uuid(), now + self.lifetime()
        new = NewRefreshToken.model_construct(
            jti=jti,
            family_id=jti,
            user_id=user_id,
            token_hash=self.fresh_hash(),
            rotated_from=None,
            user_agent=self.chance.choice(AGENTS),
            source=self.chance.choice([None, "203.0.113.7"]),
            signed_in_at=now,
            session_ends_at=ends,
            issued_at=now,
            expires_at=self.chance.choices([ends, now, ends + self.lifetime()], [8, 1, 1])[0],
        )
        self.owners.append(user_id)
        return lambda db: refresh_tokens.insert_refresh_token(db, new)

    def rotate(self, now: datetime) -> Call:
        presented, fresh, jti = self.known_hash(), self.fresh_hash(), self.uuid()
        used_after = None if self.chance.random() < 0.5 else now - self.lifetime()

        async def rotated(db: Database) -> RefreshToken | None:
            used = await refresh_tokens.use_refresh_token(db, token_hash=presented)
            if used is None and used_after is not None:
                used = await refresh_tokens.use_lost_refresh_token(db, token_hash=presented, used_after=used_after)
            if used is None:
                return await refresh_tokens.find_refresh_token_by_hash(db, presented)
            new = {**used.model_dump(), "jti": jti, "token_hash": fresh, "rotated_from": used.jti, "issued_at": now}
            following = {name: new[name] for name in NewRefreshToken.model_fields}
            return await refresh_tokens.insert_refresh_token(db, NewRefreshToken(**following))

        return rotated

    def other(self) -> Call:
        presented, user_id = self.known_hash(), self.chance.choice([*self.owners[-5:], self.uuid()])
        batch_size, limit = self.chance.choice([1, 3, 500]), self.chance.choice([1, 3, 1000])

        async def of_the_presented(db: Database) -> Any:
            found = await refresh_tokens.find_refresh_token_by_hash(db, presented)
            if found is None:
                return await refresh_tokens.count_live_refresh_tokens(db, user_id=user_id)
            reused = await refresh_tokens.revoke_used_refresh_token(db, found.jti)
            owner, family_id = found.user_id, found.family_id
            return reused, await refresh_tokens.revoke_sessions(db, user_id=owner, family_id=family_id)

        calls: list[Call] = [
            of_the_presented,
            lambda db: refresh_tokens.list_refresh_tokens(db, user_id=user_id, limit=limit),
            lambda db: refresh_tokens.revoke_sessions(db, user_id=user_id),
            lambda db: refresh_tokens.purge_expired_refresh_tokens(db, batch_size=batch_size),
        ]
        return self.chance.choices(calls, [3, 6, 1, 1])[0]

    def step(self, user_id: UUID, now: datetime) -> Call:
        [make] = self.chance.choices(
            [lambda: self.issue(user_id, now), lambda: self.rotate(now), self.other], [3, 5, 2]
        )
        return make()
