"""The interface of a catalog for the layers below the queries: what a database needs before queries can run.

`hangar_dal.query.Catalog` implements it. This module defines only the interface, so that opening and migrating a
database imports nothing from the query layer.
"""

from collections.abc import Sequence
from importlib.resources.abc import Traversable
from typing import Final, Protocol

from hangar_dal.sqlscan import DIALECTS, Dialect


class Opened:
    """The dialect of an open database, and the catalogs whose queries may run on it.

    A catalog creates one object per dialect. It is compared by identity, because queries use it to look up their plans.
    """

    __slots__ = ("catalogs", "dialect", "dialects")

    def __init__(
        self, dialect: Dialect, catalogs: Sequence["Carrier"] = (), dialects: tuple[Dialect, ...] = DIALECTS
    ) -> None:
        self.dialect: Final = dialect
        self.catalogs: Final = catalogs
        self.dialects: Final = dialects  # that the catalog is written for


class Carrier(Protocol):
    """A catalog with migrations, which may build on the tables of other catalogs."""

    @property
    def name(self) -> str:
        """The name of the catalog in messages."""
        ...

    @property
    def lineage(self) -> Sequence["Carrier"]:
        """The catalogs that this catalog builds on, each once, in the order of their migrations, then this catalog."""
        ...

    @property
    def migrations(self) -> Traversable | None:
        """The folder of the migrations; None if the catalog has none."""
        ...

    @property
    def user_tables(self) -> str | None:
        """The module that defines how to export and merge the rows of users; None if no table refers to users."""
        ...

    @property
    def has_sealed(self) -> bool:
        """Whether a query of the catalog reads or writes a sealed value."""
        ...

    def opened(self, dialect: Dialect) -> Opened:
        """Return the lineage for an open database; always the same object for the same dialect."""
        ...
