"""An application over the tables of Chinook, a shop for music: everyday queries on which `check` finds nothing."""

from typing import Annotated

from pydantic import Field

from hangar_dal import Catalog

CATALOG = Catalog("tests.chinook", name="chinook", sql="sql", migrations="migrations")
query = CATALOG.query

Limit = Annotated[int, Field(ge=1)]
