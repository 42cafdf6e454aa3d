"""The interface that live scratch databases and snapshots share.

`live` asks a scratch database, and `snapshot` reads files. This module imports neither a driver nor a parser.
"""

from typing import Protocol

from hangar_dal.check.model import Tables
from hangar_dal.check.statement_info import SentAs, StatementInfo
from hangar_dal.sqlblock import Variant
from hangar_dal.sqlscan import Dialect


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

    def ask(self, variant: Variant, sent: tuple[SentAs, ...] = ()) -> StatementInfo | None:
        """Return the answer about a statement whose parameters are sent so; None if no snapshot holds it."""
        ...
