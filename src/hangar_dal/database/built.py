"""Statements that are built from the names of tables and columns, for commands that work on tables of any application.

Builds on `executor` and the codecs.
"""

from collections.abc import Mapping
from typing import Any

from hangar_dal.database.codecs import codec_of
from hangar_dal.database.executor import Executor
from hangar_dal.database.statement import Result, Statement
from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlscan import Dialect


class Built:
    """A statement that is built once and run often. Its placeholders are written `:name`."""

    def __init__(self, dialect: Dialect, name: str, text: str, *, writes: bool = False) -> None:
        self.name = name
        self._codec = codec_of(dialect)
        rendered, self._names = self._codec.render(Variant(dialect, (Line(text, 1),)))
        self._statement = Statement(name, rendered, writes)

    async def run(self, db: Executor, values: Mapping[str, Any]) -> Result:
        return await db.run(self._statement, self._codec.pack(self._names, [values[name] for name in self._names]))
