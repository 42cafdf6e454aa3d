"""How long refusals take: the distributions for unknown, wrong, locked and suspended logins cannot be told apart.

Hashing is cheap here, so that what the statements take is a large part of the time. With real parameters, hashing takes
most of it, and the differences are smaller in proportion. `pytest -m long -s tests/accounts/test_timing.py` shows the
figures.
"""

import random
from bisect import bisect_left, bisect_right
from collections import defaultdict
from statistics import quantiles
from time import perf_counter

import pytest
from pydantic import SecretStr

from hangar_dal import Database, UserStatus, accounts, builders, sign_in_failures, users
from hangar_dal.errors import InvalidCredentials
from hangar_dal.sign_in_failures import LOGIN_LIMITS, login_key, source_key
from tests.helpers.failed_sign_ins import WRONG

KINDS = ("unknown", "wrong", "locked", "suspended")
CALLS = 10_000
# How often the time of one kind is longer than that of another: 0.5 if they are equal.
MOST_DISTINGUISHABLE = 0.05


def longer(times: list[float], others: list[float]) -> float:
    """Return the probability that a time is longer than one of the others."""
    others = sorted(others)
    wins = sum(bisect_left(others, each) + bisect_right(others, each) for each in times)
    return wins / (2 * len(times) * len(others))


@pytest.mark.slow
@pytest.mark.long
async def test_the_time_of_a_refusal_does_not_tell_its_reason(database: Database, seed: int) -> None:
    secret = builders.password()
    for name in KINDS[1:]:
        status = UserStatus.SUSPENDED if name == "suspended" else UserStatus.ACTIVE
        await users.create_user(database, builders.user(username=name, password=secret, status=status))
    for _ in range(LOGIN_LIMITS.free):
        await sign_in_failures.count_attempt(database, login_key("locked"))
    chance, times = random.Random(seed), defaultdict[str, list[float]](list)
    for _ in range(CALLS // len(KINDS)):
        for name in chance.sample(KINDS, len(KINDS)):
            given: SecretStr = WRONG if name == "wrong" else secret
            begun = perf_counter()
            with pytest.raises(InvalidCredentials):
                await accounts.authenticate(database, name, given, source="203.0.113.7")
            times[name].append(perf_counter() - begun)
            await sign_in_failures.delete_sign_in_failures(database, source_key("203.0.113.7"))
            if name != "locked":
                await sign_in_failures.delete_sign_in_failures(database, login_key(name))
    for name in KINDS:
        low, middle, high = (1000 * each for each in quantiles(times[name], n=4))
        against = longer(times[name], times["unknown"])
        print(f"{database.dialect} {name:9} quartiles {low:.3f} {middle:.3f} {high:.3f} ms, longer: {against:.3f}")
    worst = max(abs(longer(times[name], times["unknown"]) - 0.5) for name in KINDS)
    assert worst < MOST_DISTINGUISHABLE
