"""Signature, statements and model become one typed callable.

The way of a call: the domain's function, `Catalog.query`, `CompiledQuery.bind`, the database's `run`, the SQL file.
Builds on the database layer.
"""

from hangar_dal.query.catalog import Catalog
from hangar_dal.query.signature import RowCount
from hangar_dal.query.stream import Stream
from hangar_dal.query.unopened import skip_unopened_rows

__all__ = ["Catalog", "RowCount", "Stream", "skip_unopened_rows"]
