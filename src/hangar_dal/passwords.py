"""Password hashes: argon2id, computed on dedicated threads with a limited number of waiting calls.

Hashes have argon2-cffi's default parameters (64 MiB, 3 passes, 4 lanes). In measurements, this takes 7 times the work
of OWASP's minimum (19 MiB, 2 passes, 1 lane).
"""

import asyncio
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import BoundedSemaphore
from typing import Any, Final, TypeVar

from pydantic import SecretStr

from hangar_dal.errors import HashingBusy, InvalidValue, WeakPassword, raise_alone
from hangar_dal.event_loop import require_asyncio
from hangar_dal.extras import needing
from hangar_dal.password_rules import MIN_CHARACTERS, check_length, check_strength, normalised

with needing("accounts"):
    from argon2 import Parameters, PasswordHasher, extract_parameters
    from argon2.exceptions import InvalidHashError, VerificationError
    from argon2.low_level import Type, hash_secret_raw

# A hash takes 64 MiB and 0.1 seconds, so the last call in a full queue waits for about three seconds.
THREADS: Final = 2
MAX_WAITING: Final = 64

UNUSABLE: Final = "!"
"""The stored hash of an account without a password. No password verifies against it."""

T = TypeVar("T")

_HASHER: Final = PasswordHasher()


async def check_password(
    password: SecretStr, *, context: Iterable[str | None] = (), minimum: int = MIN_CHARACTERS
) -> None:
    """Raise `WeakPassword`, with a message for the user, if the password is easy to guess.

    `context` contains known facts about the user: username, e-mail address, name. `minimum` is the minimum length. Less
    than 15 is for accounts with a second factor, and also accepts easier passwords.
    """
    try:
        check_length(password, minimum)
        await _off_loop(check_strength, password, tuple(context), minimum)
    except InvalidValue as error:
        raise_alone(error.with_traceback(None))  # deeper frames have the password in local variables


async def hash_password(
    password: SecretStr, *, context: Iterable[str | None] = (), minimum: int = MIN_CHARACTERS
) -> str:
    """Return an argon2id hash of the password as text, or raise `WeakPassword`.

    `context` and `minimum` are the same as for `check_password`. Hashing takes 0.1 seconds on a dedicated thread, so
    call this before you open a transaction. Raises `HashingBusy` if too many calls wait for these threads.
    """
    try:
        check_length(password, minimum)
        return await _off_loop(_check_and_hash, password, tuple(context), minimum)
    except InvalidValue as error:
        raise_alone(error.with_traceback(None))  # deeper frames have the password in local variables


async def rehash_password(password: SecretStr) -> str:
    """Return a new hash of a password that was just verified, without checking the password rules."""
    return await _off_loop(_hash, password)


async def verify_password(stored: str | None, password: SecretStr) -> bool:
    """Return whether the password matches the stored hash.

    Always does the work of one hash: also for None, which stands for an unknown user and gives False, for a hash with
    weaker parameters, and for a password that is too long. Raises `HashingBusy` if too many calls wait. A call that is
    cancelled while it waits leaves the queue.
    """
    return await _off_loop(_verify, stored, password)


def is_too_long(password: SecretStr) -> bool:
    """Return whether the password exceeds the maximum length, so that no account can have it."""
    try:
        normalised(password)
    except WeakPassword:
        return True
    return False


def needs_rehash(stored: str) -> bool:
    """Return whether the hash has outdated parameters, so that the password should be hashed again."""
    return _parameters(stored) is None or _HASHER.check_needs_rehash(stored)


class _Queue:
    """Threads for hashing, and a semaphore that limits the number of running and waiting calls."""

    def __init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="hangar-passwords")
        self.places = BoundedSemaphore(THREADS + MAX_WAITING)


@cache
def _queue() -> _Queue:
    return _Queue()


os.register_at_fork(after_in_child=_queue.cache_clear)  # threads do not survive a fork, so the child creates its own


async def _off_loop(work: Callable[..., T], *arguments: Any) -> T:
    require_asyncio()
    queue = _queue()
    if not queue.places.acquire(blocking=False):
        raise HashingBusy(f"{MAX_WAITING} passwords are already waiting to be hashed; try again in a few seconds")
    try:
        running = queue.threads.submit(work, *arguments)
    except BaseException:
        queue.places.release()
        raise
    running.add_done_callback(lambda _: queue.places.release())  # also called if the call is cancelled while it waits
    return await asyncio.wrap_future(running)


def _check_and_hash(password: SecretStr, context: Iterable[str | None], minimum: int) -> str:
    check_strength(password, context, minimum)
    return _hash(password)


def _hash(password: SecretStr) -> str:
    return _HASHER.hash(normalised(password))


def _verify(stored: str | None, password: SecretStr) -> bool:
    try:
        text = normalised(password)
    except WeakPassword:  # no account can have such a password
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


def _parameters(stored: str | None) -> Parameters | None:
    try:
        return extract_parameters(stored) if stored else None
    except InvalidHashError:
        return None


def _decoy() -> str:
    """Return a hash with the current parameters that no password matches."""
    salt, tag = (
        b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len)
    )
    cost = f"m={_HASHER.memory_cost},t={_HASHER.time_cost},p={_HASHER.parallelism}"
    return f"$argon2id$v=19${cost}${salt}${tag}"


def _work(kibibyte_passes: int) -> None:
    """Spend the time of an argon2id hash with this memory times passes; do nothing if argon2 needs more memory."""
    memory = kibibyte_passes // _HASHER.time_cost
    if memory >= 8 * _HASHER.parallelism:
        hash_secret_raw(b"", bytes(16), _HASHER.time_cost, memory, _HASHER.parallelism, _HASHER.hash_len, Type.ID)
