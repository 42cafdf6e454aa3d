"""Who answers for a database: a live scratch one, or what was written down of one. Builds on `model`.

`live` asks the first, `snapshot` reads the second; neither a driver nor a parser is imported here.
"""

from dataclasses import dataclass, field
from typing import Protocol

from hangar_dal.contract.model import Described, Scan, SentAs, Tables
from hangar_dal.contract.reading import Reading
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of one statement on one database.

    It depends on the text, on the types that its parameters are sent with, and on the tables.
    """

    described: Described = field(default_factory=Described)
    reading: Reading = field(default_factory=Reading)
    scans: tuple[Scan, ...] = ()


class DatabaseInfo(Protocol):
    """What a check asks of a database."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def has_all_tables(self) -> bool:
        """False where only the tables that queries name are known."""
        ...

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> Told | None:
        """None where nothing was written down of the statement with parameters that are sent so."""
        ...
