"""Password rules and hashes: what is too weak is refused, what is kept is argon2id.

The length follows NIST SP 800-63B revision 4 (2025): 15 characters where the password is the only factor, as it is
in `authenticate`; 8 would do beside a second one. There are no rules about kinds of characters, which the same source
forbids. Hashes have argon2-cffi's default parameters (64 MiB, 3 passes, 4 lanes): measured, 7 times the work of the
least that OWASP recommends (19 MiB, 2 passes, 1 lane). Stands beside `sealing`, above `values`.
"""

import asyncio
import os
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.resources import files
from threading import BoundedSemaphore
from typing import Any, Final, TypeVar

from argon2 import Parameters, PasswordHasher, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret_raw
from pydantic import SecretStr

from hangar_dal.errors import HashingBusy, WeakPassword
from hangar_dal.values import check_text

MIN_CHARACTERS: Final = 15
MIN_CHARACTERS_WITH_SECOND_FACTOR: Final = 8
MAX_CHARACTERS: Final = 256
MAX_BYTES: Final = 1024
# A hash takes 64 MiB and a tenth of a second, so the last in a full queue waits for about three seconds.
THREADS: Final = 2
MAX_WAITING: Final = 64

T = TypeVar("T")

_HASHER: Final = PasswordHasher()


def check_password(password: SecretStr, *, context: Iterable[str | None] = (), minimum: int = MIN_CHARACTERS) -> None:
    """Raises `WeakPassword`, with a sentence for the user, if a guesser would try this one early.

    `context` holds what is known about the user: username, e-mail address, name. Whole passwords are compared,
    whatever their case; repeating a word does not make it another.
    """
    text = _normalised(password)
    if len(text) < minimum:
        raise WeakPassword(f"the password must have at least {minimum} characters")
    folded = text.casefold()
    word = _repeated(folded)
    if len(word) < MIN_CHARACTERS_WITH_SECOND_FACTOR:
        raise WeakPassword("the password repeats a few characters; choose another")
    if not _common().isdisjoint((folded, word)):
        raise WeakPassword("the password is among the most common ones; choose another")
    known = {_folded(part) for one in context if one for part in (one, one.partition("@")[0])}
    if not known.isdisjoint((folded, word)):
        raise WeakPassword("the password must not be the user's own name or address; choose another")


async def hash_password(
    password: SecretStr, *, context: Iterable[str | None] = (), minimum: int = MIN_CHARACTERS
) -> str:
    """Return an argon2id hash of the password, to be stored as text, or raise `WeakPassword`.

    `context` and `minimum` are those of `check_password`. Hashing takes a tenth of a second on a thread kept for it, so
    call this before you open a transaction. Raises `HashingBusy` if too many calls wait for these threads.
    """
    check_password(password, context=context, minimum=minimum)
    return await _off_loop(_hash, password)


async def rehash_password(password: SecretStr) -> str:
    """Return a new hash of a password that was just verified, without asking whether it may still be chosen."""
    return await _off_loop(_hash, password)


async def verify_password(stored: str | None, password: SecretStr) -> bool:
    """Return whether the password made the stored hash. None, for no such user, takes the same work and is False.

    A hash with cheaper parameters than today's takes today's work too, and so does a password that is too long.
    Raises `HashingBusy` if too many calls wait. A caller that is cancelled while it waits leaves the queue.
    """
    return await _off_loop(_verify, stored, password)


def is_too_long(password: SecretStr) -> bool:
    """Return whether no account can have this password, because it is longer than any that is accepted."""
    try:
        _normalised(password)
    except WeakPassword:
        return True
    return False


def needs_rehash(stored: str) -> bool:
    """Whether the hash has other parameters than today's: hash the password again while it is at hand."""
    return _parameters(stored) is None or _HASHER.check_needs_rehash(stored)


class _Queue:
    """Threads kept for hashing, and a place for each call that runs or waits: a flood of sign-ins takes no more."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hangar-passwords")
        self.places = BoundedSemaphore(THREADS + MAX_WAITING)


@cache
def _queue() -> _Queue:
    return _Queue()


os.register_at_fork(after_in_child=_queue.cache_clear)  # threads do not survive a fork: the child makes its own


async def _off_loop(work: Callable[..., T], *arguments: Any) -> T:
    queue = _queue()
    if not queue.places.acquire(blocking=False):
        raise HashingBusy(f"{MAX_WAITING} passwords wait to be hashed already; try again in a few seconds")
    try:
        running = queue.threads.submit(work, *arguments)
    except BaseException:
        queue.places.release()
        raise
    running.add_done_callback(lambda _: queue.places.release())  # called as well if it is cancelled while it waits
    return await asyncio.wrap_future(running)


def _hash(password: SecretStr) -> str:
    return _HASHER.hash(_normalised(password))


def _verify(stored: str | None, password: SecretStr) -> bool:
    try:
        text = _normalised(password)
    except WeakPassword:  # such a password was never accepted, so it is wrong for every account
        stored, text = None, ""
    cost = _parameters(stored)
    if stored is None or cost is None:
        stored = _decoy()
    elif missing := _HASHER.time_cost * _HASHER.memory_cost - cost.time_cost * cost.memory_cost:
        _work(missing)
    try:
        return _HASHER.verify(stored, text)
    except (VerificationError, InvalidHashError):
        return False


def _normalised(password: SecretStr) -> str:
    """NFKC, so that the same keys pressed on another system give the same password. Too much is refused unread."""
    text = password.get_secret_value()
    if len(text) <= MAX_CHARACTERS:
        text = unicodedata.normalize("NFKC", check_text("password", text))
        if len(text.encode()) <= MAX_BYTES:
            return text
    raise WeakPassword(f"the password must not be longer than {MAX_CHARACTERS} characters")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _repeated(text: str) -> str:
    """The shortest beginning which, written again and again, gives the text: `abcdabcdab` has `abcd`."""
    return next(text[:end] for end in range(1, len(text) + 1) if text.startswith(text[end:]))


@cache
def _common() -> frozenset[str]:
    text = (files("hangar_dal") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def _parameters(stored: str | None) -> Parameters | None:
    try:
        return extract_parameters(stored) if stored else None
    except InvalidHashError:
        return None


def _decoy() -> str:
    """A hash that no password has, at today's cost."""
    salt, tag = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${tag}"


def _work(kibibyte_passes: int) -> None:
    """Burns the time that an argon2id of this much memory times passes takes; nothing if that is below its least."""
    memory = kibibyte_passes // _HASHER.time_cost
    if memory >= 8 * _HASHER.parallelism:
        hash_secret_raw(b"", bytes(16), _HASHER.time_cost, memory, _HASHER.parallelism, _HASHER.hash_len, Type.ID)
