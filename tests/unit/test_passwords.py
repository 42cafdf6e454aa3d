"""Passwords: which are refused, and that every check takes the same work and shows nothing."""

import asyncio
import subprocess
import sys
import threading
import time
import traceback
from secrets import token_hex, token_urlsafe
from statistics import median

import pytest
from argon2 import PasswordHasher, extract_parameters
from pydantic import SecretStr

from hangar_dal import passwords
from hangar_dal.errors import InvalidValue, WeakPassword
from hangar_dal.passwords import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MIN_CHARACTERS,
    MIN_CHARACTERS_WITH_SECOND_FACTOR,
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


def wide(text: str) -> str:
    """The same ASCII letters as a Japanese keyboard may type them."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.fixture(scope="module")
def stored() -> str:
    return passwords._hash(STRONG)


@pytest.mark.parametrize(
    ("password", "hint"),
    [
        pytest.param("", "at least 15", id="empty"),
        pytest.param("aB3$" * 3 + "xy", "at least 15", id="14 characters"),
        pytest.param(wide("k") * 3 + "wxyz.WXYZ-5", "at least 15", id="14 characters in more bytes"),
        pytest.param("1q2w3e4r5t6y7u8i9o0p", "most common", id="common"),
        pytest.param("1Q2W3E4R5T6Y7U8I9O0P", "most common", id="common, in capitals"),
        pytest.param(wide("ManchesterUnited"), "most common", id="common, in wide letters"),
        pytest.param("12345678987654321", "most common", id="common, and ends as it begins"),
        pytest.param("passwordpassword", "most common", id="common, twice"),
        pytest.param("123456789012345", "most common", id="common, once and a half"),
        pytest.param("a" * 20, "repeats", id="one letter"),
        pytest.param(" " * 20, "repeats", id="spaces"),
        pytest.param("abc" * 6 + "a", "repeats", id="few letters"),
        pytest.param("Anna-Lena.Example", "own name", id="the username"),
        pytest.param("anna-LENA.example", "own name", id="the username in another case"),
        pytest.param("al@hangar.example", "own name", id="the address"),
        pytest.param("long.local.part.x", "own name", id="the part before the @"),
        pytest.param("x" * 5 + "y" * MAX_CHARACTERS, "longer", id="too many characters"),
        pytest.param("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200, "longer", id="too many when normalised"),
    ],
)
def test_a_password_that_is_guessed_early_is_refused(password: str, hint: str) -> None:
    context = ["Anna-Lena.Example", "al@hangar.example", "long.local.part.x@hangar.example", None]
    with pytest.raises(WeakPassword, match=hint) as caught:
        check_password(SecretStr(password), context=context)
    assert not password.strip() or password not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("correct horse battery staple", id="words"),
        pytest.param("aB3$xy" * 2 + "z.q", id="15 characters"),
        pytest.param("пароль из пяти слов", id="another script"),
        pytest.param("🦉🐟🌲🌋🎻🧭🪐🍐🧵🗿🚪🔔🧊🎈🛶", id="15 emoji"),
        pytest.param("my password is passwordpassword", id="a common one inside another"),
        pytest.param("Anna-Lena.Example!", id="more than the username"),
        pytest.param("".join(chr(0x4E00 + n) for n in range(MAX_CHARACTERS)), id="as long as may be"),
    ],
)
def test_other_passwords_are_accepted_whatever_their_characters(password: str) -> None:
    check_password(SecretStr(password), context=["Anna-Lena.Example", "", "@"])


def test_the_least_length_may_be_lower_beside_a_second_factor() -> None:
    check_password(SecretStr("kq7-vbx!"), minimum=MIN_CHARACTERS_WITH_SECOND_FACTOR)
    with pytest.raises(WeakPassword, match="most common"):
        check_password(SecretStr("iloveyou1"), minimum=MIN_CHARACTERS_WITH_SECOND_FACTOR)
    with pytest.raises(WeakPassword, match="at least 8"):
        check_password(SecretStr("kq7-vbx"), minimum=MIN_CHARACTERS_WITH_SECOND_FACTOR)


def test_the_list_holds_thousands_of_entries_that_can_match() -> None:
    common = passwords._common()
    assert len(common) > 10_000
    for entry in common:
        assert entry == passwords._folded(entry)
        assert len(entry) >= MIN_CHARACTERS_WITH_SECOND_FACTOR or entry == ""
    assert sum(len(entry) >= MIN_CHARACTERS for entry in common) > 30


@pytest.mark.parametrize("use", [hash_password, rehash_password, lambda secret: verify_password(None, secret)])
@pytest.mark.parametrize("bad", ["\0", "\udcff"])
async def test_what_no_database_could_hold_is_no_password(use, bad: str) -> None:
    secret = token_hex()
    with pytest.raises(InvalidValue) as caught:
        await use(SecretStr(secret + bad))
    assert secret not in "".join(traceback.format_exception(caught.value))


async def test_an_overlong_password_is_refused_before_any_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoHashing:
        def __getattr__(self, name: str):
            return lambda *_: pytest.fail(f"{name} was called")

    monkeypatch.setattr(passwords, "_HASHER", NoHashing())
    overlong = SecretStr("x" * (MAX_CHARACTERS + 1))
    with pytest.raises(WeakPassword):
        await hash_password(overlong)
    assert is_too_long(overlong)
    assert not is_too_long(STRONG)


async def test_an_overlong_password_is_never_right(stored: str) -> None:
    overlong = SecretStr("x" * (MAX_CHARACTERS + 1))
    assert not await verify_password(stored, overlong)
    assert not await verify_password(None, overlong)
    assert not await verify_password(passwords._hash(SecretStr("")), overlong)


async def test_a_hash_is_argon2id_with_todays_parameters_and_a_salt_of_its_own(stored: str) -> None:
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await hash_password(STRONG) != stored
    assert STRONG.get_secret_value() not in stored


async def test_the_right_password_alone_is_right(stored: str) -> None:
    assert await verify_password(stored, STRONG)
    assert not await verify_password(stored, SecretStr(STRONG.get_secret_value() + "x"))
    assert not await verify_password(stored, SecretStr(""))
    assert not await verify_password(None, STRONG)


async def test_the_same_text_in_another_normal_form_is_the_same_password() -> None:
    stored = await hash_password(SecretStr("cafe\u0301 ﬁfteen chars"))
    assert await verify_password(stored, SecretStr("café fifteen chars"))


@pytest.mark.parametrize("damaged", DAMAGED)
async def test_a_damaged_hash_is_never_right_and_asks_for_a_new_one(damaged: str) -> None:
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
    for _ in range(5):
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
    answers = await asyncio.gather(*(verify_password(stored, STRONG) for _ in range(6)), hash_password(STRONG))
    turning.cancel()
    assert answers[:6] == [True] * 6
    assert await verify_password(answers[6], STRONG)
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
from pydantic import SecretStr
from hangar_dal.passwords import verify_password
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


def test_a_password_in_bytes_is_bounded_too() -> None:
    assert MAX_BYTES == 4 * MAX_CHARACTERS
