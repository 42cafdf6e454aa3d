"""One query, compiled for one dialect: its statements, its parameters and its result.

Work that is the same for each call is done when the query is compiled. A call chooses the statement for its arguments,
makes the parameters, and passes both to the database.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any

from hangar_dal.database import Executor, Row, Statement
from hangar_dal.database.batch import Call
from hangar_dal.database.codecs import Codec, encoder
from hangar_dal.errors import InvalidValue
from hangar_dal.query.binding import Getter, getter
from hangar_dal.query.results import ResultReader
from hangar_dal.query.signature import Signature
from hangar_dal.query.sources import Unresolved, resolve
from hangar_dal.query.stream import Stream
from hangar_dal.sizes import LargeOnLoop
from hangar_dal.sqlblock import Block, Condition

Values = Mapping[str, Any]
Rows = Sequence[Sequence[Any]]


class BoundStatement:
    """One complete statement of a block, with the functions that make its parameters."""

    __slots__ = ("_getters", "_names", "_pack", "checked", "statement")

    def __init__(
        self, name: str, block: Block, holds: Callable[[Condition], bool], getters: Mapping[str, Getter], codec: Codec
    ) -> None:
        text, self._names = codec.render(block.variant(holds))
        self.statement = Statement(name, text, block.writes, expects_gaps=True)
        self._getters = [getters[parameter] for parameter in self._names]
        self._pack = codec.pack
        self.checked = False

    def parameters(self, values: Values, db: Executor) -> Any:
        """Return the parameters, checked, encoded and packed for the driver. Raises `InvalidValue` before any I/O."""
        return self._pack(self._names, [get(values, db) for get in self._getters])


class CompiledQuery:
    """A query that is ready to run on one dialect."""

    def __init__(self, name: str, block: Block, signature: Signature, codec: Codec) -> None:
        self._name = name
        self._block = block
        self._codec = codec
        self._reader = ResultReader(name, signature.result, codec, signature.dialects)
        self._models = [(a.name, a.model, a.optional) for a in signature.arguments.values() if a.model and not a.rows]
        places = block.all_lines.parameters
        self._getters: dict[str, Getter] = {}
        for place in places:
            source = resolve(place.name, place.line, signature)
            to_wire = codec.wire(source.kind, source.name, block.all_lines)
            self._getters.setdefault(place.name, getter(source, place.line, signature, to_wire, codec.in_rows))
        _check_conditions(block, signature)
        chosen = dict.fromkeys(condition.argument for condition in block.conditions if condition.value is not None)
        self._choices = {
            name: encoder(name, value) for name in chosen if (value := signature.arguments[name].value) is not None
        }
        self._present = tuple(dict.fromkeys(c.argument for c in block.conditions if c.value is None))
        self._statements: dict[tuple[Any, ...], BoundStatement] = {}
        self._only = None if block.conditions else self._compile(())
        reads = {"one": self._reader.one, "optional": self._reader.optional, "list": self._reader.read}
        self._read = reads.get(signature.result.shape)
        self._counts = signature.result.shape == "count"

    def bind(self, values: Values, db: Executor) -> tuple[BoundStatement, Any]:
        """Return the statement to run and its parameters.

        Raises `LargeOnLoop` if the encoding of a large value would block the event loop.
        """
        bound = self._only or self._statement(values)
        if self._models:
            self._check_models(values)
        return bound, bound.parameters(values, db)

    def prepare(self, values: Values, db: Executor) -> Call:
        """Return the statement, its parameters, and the function that reads its result. Raises as `bind` does."""
        bound, parameters = self.bind(values, db)
        read = partial(self.result, bound, db=db)
        return Call(bound.statement, parameters, read, returns_rows=self._read is not None)

    def result(self, bound: BoundStatement, rows: Rows, count: int, db: Executor) -> Any:
        """Convert the rows and the row count of a statement to the result that the signature declares."""
        if not bound.checked:
            self._check(bound)
        if self._read is not None:
            return self._read(rows, db.keyring)
        return count if self._counts else None

    def stream(self, db: Executor, values: Values) -> Stream[Any]:
        """Return a `Stream` that reads the rows of the statement in chunks."""
        chunks: AbstractAsyncContextManager[AsyncIterator[list[Row]]]
        try:
            bound, parameters = self.bind(values, db)
            chunks = db.stream(bound.statement, parameters)
        except LargeOnLoop:
            bound = self._only or self._statement(values)
            chunks = self._stream_of_large(db, values)

        def read(rows: Rows) -> list[Any]:
            if not bound.checked:
                self._check(bound)
            return self._reader.read(rows, db.keyring)

        return Stream(chunks, read)

    @asynccontextmanager
    async def _stream_of_large(self, db: Executor, values: Values) -> AsyncIterator[AsyncIterator[list[Row]]]:
        bound, parameters = await asyncio.to_thread(self.bind, values, db)
        async with db.stream(bound.statement, parameters) as chunks:
            yield chunks

    def _check_models(self, values: Values) -> None:
        for name, model, optional in self._models:
            if not (isinstance(values[name], model) or (optional and values[name] is None)):
                raise InvalidValue(f"{name}: expected {model.__name__}, got {type(values[name]).__name__}")

    def _check(self, bound: BoundStatement) -> None:
        if bound.statement.columns:
            self._reader.check_columns(bound.statement.columns)
            bound.checked = True

    def _statement(self, values: Values) -> BoundStatement:
        present = tuple(values[name] is not None for name in self._present)
        chosen = tuple(encode(values[name]) for name, encode in self._choices.items())
        key = present + chosen
        return self._statements.get(key) or self._compile(key)

    def _compile(self, key: tuple[Any, ...]) -> BoundStatement:
        present = dict(zip(self._present, key, strict=False))
        chosen = dict(zip(self._choices, key[len(present) :], strict=True))

        def holds(condition: Condition) -> bool:
            if condition.value is None:
                return bool(present[condition.argument])
            return bool(chosen[condition.argument] == condition.value)

        bound = BoundStatement(self._name, self._block, holds, self._getters, self._codec)
        self._statements[key] = bound
        return bound


def _check_conditions(block: Block, signature: Signature) -> None:
    """Raise `Unresolved` for a condition without an argument. A block may ignore `when-condition`, which reports it."""
    for condition in block.conditions:
        argument = signature.arguments.get(condition.argument)
        if argument is None or (condition.value is not None and argument.value is None):
            raise Unresolved(f"`when {condition.argument}` names no argument", "correct the name")
