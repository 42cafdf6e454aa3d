"""Turn a function's signature and its SQL statements into a typed function that runs them.

A call passes through the declared function, `Catalog.query`, `CompiledQuery.bind` and the database's `run`.
"""

from hangar_dal.query.catalog import Catalog
from hangar_dal.query.signature import RowCount
from hangar_dal.query.stream import Stream
from hangar_dal.query.unopened import skip_unopened_rows

__all__ = ["Catalog", "RowCount", "Stream", "skip_unopened_rows"]
