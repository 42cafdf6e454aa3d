"""Which of the several hosts of a URL to use: first the one that was last writable, never one that it has overtaken.

libpq tries hosts in the order of the URL, so that after a failover it would go back to the old primary as soon as that
runs again, and write where nobody reads. Below `opening`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hangar_dal.database.postgresql.driver import Driver

# The timeline counts the promotions. What identifies the system is made by initdb and shared by its standbys.
_IDENTITY = """
SELECT
    system_identifier,
    CASE
        WHEN pg_catalog.pg_is_in_recovery() THEN NULL
        ELSE substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8)
    END
FROM pg_catalog.pg_control_system()
"""


@dataclass(frozen=True, slots=True)
class _Primary:
    """The writable server that was seen last. Its timeline is eight hexadecimal digits."""

    conninfo: str
    system: int
    timeline: str


class Hosts:
    """The hosts of one URL, in the order in which to try them."""

    def __init__(self, conninfo: str) -> None:
        self._each = list(_split(conninfo))
        self._primary: _Primary | None = None

    def __len__(self) -> int:
        return len(self._each)

    def in_order(self) -> list[str]:
        """A conninfo for each host."""
        first = self._primary.conninfo if self._primary else None
        return sorted(self._each, key=lambda conninfo: conninfo != first)

    async def accepts(self, driver: Driver, conninfo: str) -> bool:
        """Whether the server belongs to the same system as the last one and is not behind it. One host always is."""
        if len(self._each) == 1:
            return True
        [(system, timeline)] = await (await driver.execute(_IDENTITY)).fetchall()
        last = self._primary
        if last is not None and (system != last.system or (timeline is not None and timeline < last.timeline)):
            return False
        if timeline is not None:
            self._primary = _Primary(conninfo, system, timeline)
        return True


def _split(conninfo: str) -> Iterator[str]:
    given: dict[str, Any] = conninfo_to_dict(conninfo)
    parts = {name: str(given[name]).split(",") for name in ("host", "hostaddr", "port") if given.get(name)}
    count = max((len(values) for values in parts.values()), default=1)
    for number in range(count):
        own = {name: values[number % len(values)] for name, values in parts.items()}
        yield make_conninfo(**{**given, **own})
