"""The interface of a source of answers: a live scratch database or a snapshot.

`live` asks a scratch database, and `snapshot` reads files. This module imports neither a driver nor a parser.
"""

from dataclasses import dataclass, field
from typing import Protocol

from hangar_dal.check.model import Described, Scan, SentAs, Tables
from hangar_dal.check.reading import Reading
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True)
class Told:
    """The answer about one statement on one database.

    It depends on the text of the statement, on the types that its parameters are sent with, and on the tables.
    """

    described: Described = field(default_factory=Described)
    reading: Reading = field(default_factory=Reading)
    scans: tuple[Scan, ...] = ()


class DatabaseInfo(Protocol):
    """The answers that a check needs from a database."""

    @property
    def dialect(self) -> Dialect: ...
    @property
    def tables(self) -> Tables: ...
    @property
    def has_all_tables(self) -> bool:
        """False if the source knows only the tables that queries name."""
        ...

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> Told | None:
        """Return the answer about a statement whose parameters are sent so; None if no snapshot holds it."""
        ...
