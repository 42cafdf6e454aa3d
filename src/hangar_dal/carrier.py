"""A catalog as the layers below the queries see it: what a database needs before the catalog's queries can run.

`hangar_dal.query.Catalog` is the class behind it. Here only its shape is known, so that opening and migrating a
database import nothing of the query layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Protocol

from hangar_dal.sqlscan import Dialect


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """The dialect of an open database, and the catalogs whose queries may run on it.

    A catalog makes one for each dialect. Queries look up their plan by it, so it is compared by identity.
    """

    dialect: Dialect
    catalogs: Sequence["Carrier"] = ()


class Carrier(Protocol):
    """Carries migrations, and builds on the tables of other catalogs."""

    @property
    def name(self) -> str:
        """What messages call it."""
        ...

    @property
    def lineage(self) -> Sequence["Carrier"]:
        """The catalogs that it builds on, each once and in the order of their migrations, then itself."""
        ...

    @property
    def migrations(self) -> Traversable | None:
        """The folder of its migrations; None if it has none."""
        ...

    @property
    def user_tables(self) -> str | None:
        """The module that says what exporting and merging users do with its tables; None if it has no such tables."""
        ...

    @property
    def has_sealed(self) -> bool:
        """Whether one of its queries reads or writes a sealed value."""
        ...

    def opened(self, dialect: Dialect) -> Opened:
        """Its lineage in an open database; always the same object for the same dialect."""
        ...
