"""Statements that are built from names of tables and columns, for commands that work on tables of any application."""

from collections.abc import Mapping
from typing import Any

from hangar_dal.database.codecs import codec_of
from hangar_dal.database.executor import Executor
from hangar_dal.database.statement import Result, Statement
from hangar_dal.sqlblock import Line, Variant
from hangar_dal.sqlscan import Dialect


class Built:
    """A statement that is built once and run often. Its placeholders are `:name`. A list is sent as a list of text."""

    def __init__(self, dialect: Dialect, name: str, text: str, *, writes: bool = False) -> None:
        self.name = name
        self._codec = codec_of(dialect)
        variant = Variant(dialect, (Line(text, 1),))
        rendered, self._names = self._codec.render(variant)
        self._array = self._codec.wire("list:text", name, variant) or list
        self._statement = Statement(name, rendered, writes)

    async def run(self, db: Executor, values: Mapping[str, Any]) -> Result:
        given = [values[name] for name in self._names]
        sent = [self._array(value) if isinstance(value, list) else value for value in given]
        return await db.run(self._statement, self._codec.pack(self._names, sent))
