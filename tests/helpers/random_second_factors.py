"""Random calls of `two_factor` whose keys, secrets and hashes are given, so that both databases can be compared."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from hangar_dal import Database, totp, two_factor, users
from hangar_dal.models.two_factor import NewTwoFactor

Call = Callable[[Database], Awaitable[Any]]
# Few of them, so that codes and hashes meet.
SECRETS = ("A" * 32, "B" * 32)
HASHES = tuple(f"{number:064x}" for number in range(12))


@dataclass
class SecondFactors:
    """Makes the calls for the users of a walk."""

    chance: random.Random
    ids: list[UUID] = field(default_factory=list)

    def factor_id(self) -> UUID:
        return self.chance.choice([*self.ids[-6:], UUID(int=self.chance.getrandbits(128))])

    def enrol(self, user_id: UUID) -> Call:
        # Always a fresh id: one that exists is refused by a trigger on SQLite, and by the primary key on PostgreSQL.
        self.ids.append(UUID(int=self.chance.getrandbits(128)))
        new = NewTwoFactor(id=self.ids[-1], user_id=user_id, secret=self.chance.choice(SECRETS))

        async def enrolled(db: Database) -> Any:
            """Never for an unknown user: SQLite does not name the foreign key of an upsert that may change the id."""
            if not await users.get_users(db, [user_id]):
                return None
            return await two_factor.insert_pending_two_factor(db, new)

        return enrolled

    def complete(self, user_id: UUID, now: datetime) -> Call:
        step = totp.step_at(now) + self.chance.choice([-1, 0, 1])
        hashes = self.chance.sample(HASHES, self.chance.choice([2, 10, 10, 11]))

        async def completed(db: Database) -> Any:
            pending = await two_factor.find_pending_two_factor(db, user_id)
            if pending is None:
                return await two_factor.find_two_factor(db, user_id)
            deleted = await two_factor.delete_confirmed_two_factor(db, user_id)
            confirmed = await two_factor.confirm_two_factor(db, pending.id, step=step)
            await two_factor.replace_recovery_codes(db, two_factor_id=pending.id, code_hashes=hashes)
            return deleted, confirmed, await two_factor.list_recovery_codes(db, pending.id)

        return completed

    def use(self, user_id: UUID, now: datetime) -> Call:
        code_hash = self.chance.choice(HASHES)
        code = SecretStr(totp.code_at(self.chance.choice(SECRETS), totp.step_at(now) + self.chance.randrange(-2, 3)))

        async def used(db: Database) -> Any:
            factor = await two_factor.find_two_factor(db, user_id)
            if factor is None:
                return None
            accepted = await two_factor.use_app_code(db, factor, code)
            spent = await two_factor.use_recovery_code(db, two_factor_id=factor.id, code_hash=code_hash)
            return accepted, spent, await two_factor.count_recovery_codes(db, factor.id)

        return used

    def other(self, user_id: UUID) -> Call:
        one, other, step = self.factor_id(), self.factor_id(), self.chance.choice([-1, 0, 2**63 - 1, 2**63])

        async def moved(db: Database) -> Any:
            """Never to a pending one: codes keep it from being replaced, and SQLite does not name the foreign key."""
            factor = await two_factor.find_two_factor(db, user_id)
            to = factor.id if factor else UUID(int=one.int ^ 1)
            return await two_factor.move_recovery_codes(db, two_factor_id=to, moved_from=other)

        calls: list[Call] = [
            lambda db: two_factor.list_two_factor(db, user_id),
            lambda db: two_factor.accept_step(db, one, step=step),
            moved,
            lambda db: two_factor.delete_two_factor(db, user_id),
        ]
        return self.chance.choices(calls, [6, 1, 1, 1])[0]

    def step(self, user_id: UUID, now: datetime) -> Call:
        [make] = self.chance.choices(
            [
                lambda: self.enrol(user_id),
                lambda: self.complete(user_id, now),
                lambda: self.use(user_id, now),
                lambda: self.other(user_id),
            ],
            [3, 3, 4, 2],
        )
        return make()
