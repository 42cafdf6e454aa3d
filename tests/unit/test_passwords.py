"""Hashing: that every check takes the same work, off the event loop, and shows nothing."""

import asyncio
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine
from secrets import token_hex, token_urlsafe
from statistics import median
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from pydantic import SecretStr

from hangar_dal import passwords
from hangar_dal.errors import InvalidValue, WeakPassword, WrongEventLoop
from hangar_dal.password_rules import MAX_CHARACTERS
from hangar_dal.passwords import (
    check_password,
    hash_password,
    is_too_long,
    needs_rehash,
    rehash_password,
    verify_password,
)

STRONG = SecretStr(token_urlsafe())
CHEAP = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
DAMAGED = ["", "x", "$argon2id$", "$argon2id$v=19$m=65536,t=3,p=4$!!$??", "$2b$12$" + "a" * 53]


@pytest.fixture(scope="module")
def stored() -> str:
    return passwords._hash(STRONG)


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> str:
    """A hash at the least cost, where the cost is not what is tested."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    return passwords._hash(STRONG)


@pytest.mark.parametrize(
    "begin",
    [lambda: check_password(STRONG), lambda: hash_password(STRONG), lambda: verify_password(None, STRONG)],
    ids=["check", "hash", "verify"],
)
def test_hashing_under_another_librarys_event_loop_is_refused(begin: Callable[[], Coroutine[Any, Any, object]]) -> None:
    with pytest.raises(WrongEventLoop, match="not on trio"):
        begin().send(None)  # as trio and curio begin a coroutine, with no event loop of asyncio


@pytest.mark.parametrize("bad", ["\0", "\udcff"])
async def test_what_no_database_could_hold_is_no_password(bad: str) -> None:
    secret = token_hex()
    for use in (check_password, hash_password, rehash_password, lambda given: verify_password(None, given)):
        with pytest.raises(InvalidValue) as caught:
            await use(SecretStr(secret + bad))
        assert secret not in "".join(traceback.format_exception(caught.value))


async def test_an_overlong_password_is_refused_before_any_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoHashing:
        def __getattr__(self, name: str):
            return lambda *_: pytest.fail(f"{name} was called")

    monkeypatch.setattr(passwords, "_HASHER", NoHashing())
    overlong = SecretStr("x" * (MAX_CHARACTERS + 1))
    for use in (check_password, hash_password, rehash_password):
        with pytest.raises(WeakPassword, match="longer"):
            await use(overlong)
    assert is_too_long(overlong)
    assert not is_too_long(STRONG)


async def test_an_overlong_password_is_never_right(light: str) -> None:
    overlong = SecretStr("x" * (MAX_CHARACTERS + 1))
    assert not await verify_password(light, overlong)
    assert not await verify_password(None, overlong)
    assert not await verify_password(passwords._hash(SecretStr("")), overlong)


async def test_a_hash_is_argon2id_with_todays_parameters_and_a_salt_of_its_own(stored: str) -> None:
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await hash_password(STRONG) != stored
    assert STRONG.get_secret_value() not in stored


async def test_the_right_password_alone_is_right(light: str) -> None:
    assert await verify_password(light, STRONG)
    assert not await verify_password(light, SecretStr(STRONG.get_secret_value() + "x"))
    assert not await verify_password(light, SecretStr(""))
    assert not await verify_password(None, STRONG)


async def test_the_same_text_in_another_normal_form_is_the_same_password(light: str) -> None:
    stored = await hash_password(SecretStr("cafe\u0301 ﬁfteen chars"))
    assert await verify_password(stored, SecretStr("café fifteen chars"))


@pytest.mark.parametrize("damaged", DAMAGED)
async def test_a_damaged_hash_is_never_right_and_asks_for_a_new_one(light: str, damaged: str) -> None:
    assert not await verify_password(damaged, STRONG)
    assert needs_rehash(damaged)


async def test_a_hash_with_other_parameters_asks_for_a_new_one(stored: str) -> None:
    old = CHEAP.hash(STRONG.get_secret_value())
    assert await verify_password(old, STRONG)
    assert needs_rehash(old)
    assert not needs_rehash(stored)


def test_a_decoy_costs_what_a_hash_of_today_costs(stored: str) -> None:
    assert extract_parameters(passwords._decoy()) == extract_parameters(stored)
    assert passwords._decoy() != passwords._decoy()


async def test_no_account_is_told_from_another_by_its_time(stored: str) -> None:
    """Compared is the processor's work, within a margin far from what any of them would take without care."""
    wrong = SecretStr(token_urlsafe())
    cases = {"today": stored, "unknown": None, "old": CHEAP.hash("old"), "damaged": "x"}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(3):
        for name, case in cases.items():
            begin = time.process_time()
            await verify_password(case, wrong)
            times[name].append(time.process_time() - begin)
    today = median(times["today"])
    assert {name: 0.5 < median(taken) / today < 2 for name, taken in times.items()} == dict.fromkeys(cases, True)


async def test_hashing_leaves_the_loop_free_and_takes_two_threads_at_most(stored: str) -> None:
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0.001)

    turning = asyncio.create_task(turn())
    answers = await asyncio.gather(*(verify_password(stored, STRONG) for _ in range(3)), hash_password(STRONG))
    turning.cancel()
    assert answers[:3] == [True] * 3
    assert await verify_password(answers[3], STRONG)
    assert turns > 10
    assert 1 <= sum(thread.name.startswith("hangar-passwords") for thread in threading.enumerate()) <= 2


async def test_callers_that_gave_up_waiting_are_not_served(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[SecretStr] = []
    real = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda *given: (served.append(given[1]), real(*given))[1])
    waiting = [asyncio.create_task(verify_password(stored, STRONG)) for _ in range(passwords.MAX_WAITING)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await verify_password(stored, STRONG)
    assert len(served) <= 5
    assert all(task.cancelled() for task in waiting)


def test_a_forked_child_hashes_with_threads_of_its_own() -> None:
    program = """
import asyncio, os
from argon2 import PasswordHasher
from pydantic import SecretStr
from hangar_dal import passwords
from hangar_dal.passwords import verify_password
passwords._HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

async def use_both_threads():
    await asyncio.gather(*(verify_password(None, SecretStr("parent")) for _ in range(3)))
asyncio.run(use_both_threads())
child = os.fork()
asyncio.run(asyncio.wait_for(verify_password(None, SecretStr("both")), 20))
if child:
    raise SystemExit(bool(os.waitpid(child, 0)[1]))
os._exit(0)
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True)


async def test_a_weak_password_is_not_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", None)
    for weak in ("password1234567", "an.unusual.name.indeed"):
        for use in (check_password, hash_password):
            with pytest.raises(WeakPassword):
                await use(SecretStr(weak), context=["an.unusual.name.indeed"])


async def test_a_password_that_no_one_may_choose_any_more_is_still_verified_and_hashed_again(light: str) -> None:
    old = SecretStr("password1234567")
    assert await verify_password(await rehash_password(old), old)
