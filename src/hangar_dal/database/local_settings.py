"""Settings, the search path and the role of one transaction, for tenants and row-level security."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from hangar_dal.database.connection import Connection

SettingValue = str | int | bool | UUID


class LocalSettings(NamedTuple):
    """What a transaction was opened with. Empty values change nothing."""

    settings: Mapping[str, SettingValue] | None = None
    search_path: Sequence[str] | str | None = None
    role: str | None = None

    @property
    def is_empty(self) -> bool:
        return self.settings is None and self.search_path is None and self.role is None


# Applies the settings to a transaction that was just begun.
Apply = Callable[[Connection], Awaitable[None]]
# Checks the settings, and returns the function that applies them. Raises `InvalidValue`.
ApplierOf = Callable[[LocalSettings], Apply]
