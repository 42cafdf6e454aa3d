"""Connect to the newest primary among the hosts of a URL.

libpq tries the hosts in the order of the URL. After a failover it would connect to the old primary as soon as that one
runs again, and its writes would be lost. This module asks all hosts at the same time for each connection.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakSet

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hangar_dal.database.postgresql.driver import Driver
from hangar_dal.database.postgresql.reasons import may_pass
from hangar_dal.database.shielding import spawn, wait_through_cancellation
from hangar_dal.errors import ConnectionFailed, SettingsError, raise_alone

# initdb creates the system identifier, and standbys have the same. Each promotion increases the timeline. The query
# returns no timeline for a standby.
_IDENTITY: Final = """
SELECT
    system_identifier,
    CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN NULL
        ELSE pg_catalog.substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)
    END
FROM pg_catalog.pg_control_system()
"""
_NO_IDENTITY: Final = (
    "the URL names several hosts, and the role may not call the functions that show which of them is the newest "
    "primary. As a superuser: GRANT EXECUTE ON FUNCTION pg_control_system(), pg_walfile_name(pg_lsn), "
    "pg_current_wal_lsn() TO this role. Or name one host in the URL."
)
_REFUSED: Final = (
    "PostgreSQL: no host of the URL is the primary. Those that answered are standbys, belong to another system, or are "
    "an old primary that another one has overtaken: stop that one, or make it a standby of the new primary."
)
# Seconds to wait for the other hosts after a usable host has answered.
PATIENCE: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Answer:
    """The answer of one host. `timeline` is eight hexadecimal digits, or None for a standby."""

    driver: Driver
    number: int
    system: int
    timeline: str | None


class Hosts:
    """The hosts of one URL, with the system identifier and timeline of the newest primary so far."""

    def __init__(self, conninfo: str) -> None:
        self._each = list(_split(conninfo))
        self._attributes = conninfo_to_dict(conninfo).get("target_session_attrs")
        self._system: int | None = None
        self._timeline = ""
        self._last = 0  # the number of the host that was used last
        self._drivers: WeakSet[Driver] = WeakSet()  # those connected to a primary

    async def connect(self, **options: Any) -> Driver:
        """Connect to the best host.

        Raises `psycopg.Error` if no host accepts the connection, and `ConnectionFailed` if no such host may be used.
        """
        if len(self._each) == 1:
            return await Driver.connect(self._each[0], **options)
        asking = [spawn(_ask(conninfo, number, options)) for number, conninfo in enumerate(self._each)]
        chosen = None
        try:
            chosen = await self._chosen(asking)
            return self._used(chosen)
        finally:
            for task in asking:
                task.cancel()
                await wait_through_cancellation(task)
                if not task.cancelled() and task.exception() is None and task.result() is not chosen:
                    await task.result().driver.close()

    async def _chosen(self, asking: list[asyncio.Task[_Answer]]) -> _Answer:
        answers: list[_Answer] = []
        failures: list[psycopg.Error] = []
        pending = set(asking)
        while pending:
            done, pending = await asyncio.wait(
                pending,
                timeout=PATIENCE if self._best(answers) else None,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not done:
                break
            for task in done:
                try:
                    answers.append(task.result())
                except psycopg.Error as error:
                    failures.append(error)
        if best := self._best(answers):
            return best
        if answers:
            raise ConnectionFailed(_REFUSED)
        raise min(failures, key=lambda error: may_pass(str(error)))  # prefer an error that a person must fix

    def _best(self, answers: list[_Answer]) -> _Answer | None:
        """Return the newest primary; among equals, the host that was used last or comes first in the URL.

        None if no host may be used. With `target_session_attrs=prefer-standby`, a standby comes first.
        """
        in_order = sorted(answers, key=lambda answer: (answer.number != self._last, answer.number))
        system = self._system or next((answer.system for answer in in_order), None)
        usable = [answer for answer in in_order if answer.system == system and self._accepts(answer)]
        prefers_standby = self._attributes == "prefer-standby"
        return max(
            usable, key=lambda each: ((each.timeline is None) == prefers_standby, each.timeline or ""), default=None
        )

    def _accepts(self, answer: _Answer) -> bool:
        """Whether the host may be used: a primary that is not outdated, or a standby if the URL allows standbys.

        The URL allows standbys with `target_session_attrs`. By default, the pool needs a host for writing.
        """
        if answer.timeline is None:
            return self._attributes is not None
        return answer.timeline >= self._timeline

    def _used(self, answer: _Answer) -> Driver:
        self._system, self._last = answer.system, answer.number
        if answer.timeline is not None:
            if answer.timeline > self._timeline:
                self._timeline = answer.timeline
                for overtaken in self._drivers:
                    overtaken.hang_up()
                self._drivers.clear()
            self._drivers.add(answer.driver)
        return answer.driver


async def _ask(conninfo: str, number: int, options: dict[str, Any]) -> _Answer:
    driver = await Driver.connect(conninfo, **options)
    try:
        [(system, timeline)] = await (await driver.execute(_IDENTITY)).fetchall()
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction):
        await driver.close()
        raise_alone(SettingsError(_NO_IDENTITY))
    except BaseException:
        await driver.close()
        raise
    return _Answer(driver, number, system, timeline)


def _split(conninfo: str) -> Iterator[str]:
    """Yield a conninfo for each host of the URL."""
    given: dict[str, Any] = conninfo_to_dict(conninfo)
    parts = {name: str(given[name]).split(",") for name in ("host", "hostaddr", "port") if given.get(name)}
    count = max((len(values) for values in parts.values()), default=1)
    for number in range(count):
        own_parts = {name: values[number % len(values)] for name, values in parts.items()}
        yield make_conninfo(**{**given, **own_parts})
