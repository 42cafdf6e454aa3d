"""One declared query: its function, its blocks in each dialect, and the findings from comparing them.

The comparison needs no database and takes place when the catalog is loaded.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hangar_dal.database.codecs import codec_of
from hangar_dal.errors import CatalogError, raise_alone
from hangar_dal.query.commands import no_statement
from hangar_dal.query.comparison import disagreements
from hangar_dal.query.compiled import CompiledQuery
from hangar_dal.query.disagreement import Disagreement
from hangar_dal.query.refusals import refusals
from hangar_dal.query.sealed import sealed_values
from hangar_dal.query.signature import SIGNATURE, Signature, read_signature
from hangar_dal.query.sources import Unresolved
from hangar_dal.rules import Finding, Rule
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import DIALECTS, Dialect

ARGUMENT_UNUSED: Final = Rule(
    "argument-unused",
    "error",
    "Each argument is used by the statement of at least one dialect.",
    """\
Use the argument in a statement, or remove it from the signature.
""",
    bad="""\
--- items.py
@query
async def list_items(db: Executor, owner_id: UUID, *, name: str) -> list[Item]: ...
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id ORDER BY id;
""",
    good="""\
--- items.sql
-- name: list_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND name = :name ORDER BY id;
""",
)
TWINS_DIFFER: Final = Rule(
    "twins-differ",
    "error",
    "A query's blocks for SQLite and PostgreSQL have the same text, unless both headers say why they differ.",
    """\
Make the two blocks equal, or write `-- differs: reason` under both headers. Migrations declare their differences by
object: see [declared differences](migrations.md#declared-differences).
""",
    bad="""\
--- items.py
@query
async def list_new_items(db: Executor, owner_id: UUID) -> list[Item]: ...
--- sqlite/items.sql
-- name: list_new_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND status = 'NEW' ORDER BY id;
--- postgresql/items.sql
-- name: list_new_items
SELECT id, name FROM items WHERE owner_id = :owner_id ORDER BY id;
""",
    good="""\
--- postgresql/items.sql
-- name: list_new_items
SELECT id, name FROM items WHERE owner_id = :owner_id AND status = 'NEW' ORDER BY id;
""",
)
DIFFERS_NEEDLESS: Final = Rule(
    "differs-needless",
    "error",
    "A `-- differs:` line is only written where the twins differ.",
    """\
Delete the line in both files.
""",
    bad="""\
--- items.py
@query
async def find_item(db: Executor, id: UUID) -> Item | None: ...
--- items.sql
-- name: find_item
-- differs: SQLite stores the id as text
SELECT id, name FROM items WHERE id = :id;
""",
    good="""\
--- items.sql
-- name: find_item
SELECT id, name FROM items WHERE id = :id;
""",
)
_STREAM: Final = "a stream is opened by `async with`, not awaited", "write `def` instead of `async def`"
_COROUTINE: Final = "a query must be awaited", "write `async def` instead of `def`"
_UNUSED: Final = "use it, or remove it from the signature"


class DeclaredQuery:
    """A function declared by `@query`, with its blocks. `compare()` checks the blocks against the signature."""

    def __init__(self, function: Callable[..., Any], dialects: Sequence[Dialect] = DIALECTS) -> None:
        self.function = function
        self.dialects = tuple(dialects)
        self.module = function.__module__
        # The name of a module that is run as a script is `__main__`, so take the name of its file.
        script = Path(function.__code__.co_filename).stem
        self.file = script if self.module == "__main__" else self.module.rpartition(".")[2]
        self.name = f"{self.file}.{function.__name__}"
        self.blocks: dict[Dialect, Block] = {}
        self.signature = Signature()
        self._has_sealed: bool | None = None
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self._named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        self._positional = [p.name for p in self._named if p.kind is not p.KEYWORD_ONLY]
        self._names = {p.name for p in self._named}
        self._allowed = self._names
        self._defaults = {p.name: p.default for p in self._named if p.default is not p.empty}

    @property
    def where(self) -> str:
        """`file:line` of the function, for messages."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    def has_sealed(self) -> bool:
        """Return whether the query reads or writes a sealed value."""
        if self._has_sealed is None:
            signature = read_signature(self.function, self.dialects)
            found = any(sealed_values(signature))
            if signature.findings and not found:
                return False  # not cached, because an annotation that cannot be resolved yet may be sealed
            self._has_sealed = found
        return self._has_sealed

    def values(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """Return the arguments of a call by name. Raises `TypeError` with Python's message if they do not fit."""
        if not named and len(arguments) == len(self._positional) == len(self._names):
            return dict(zip(self._positional, arguments, strict=True))
        values = {**self._defaults, **named}
        given_once = True
        if arguments:
            positional = dict(zip(self._positional, arguments, strict=False))
            given_once = len(positional) == len(arguments) and positional.keys().isdisjoint(named)
            values |= positional
        if given_once and self._names <= values.keys() <= self._allowed:
            return values
        try:
            inspect.signature(self.function).bind(None, *arguments, **named)
        except TypeError as reason:
            takes = ", ".join(parameter.name for parameter in self._named) or "only the database"
            raise_alone(TypeError(f"{self.name}: {reason}; it takes {takes}"))
        unknown = values.keys() - self._allowed
        raise TypeError(f"{self.function.__name__}() got an unexpected field {', '.join(sorted(unknown))}")

    def finding(self, rule: Rule, message: str, fix: str = "", *, query: str | None = None) -> Finding:
        """Return a finding about the function itself, at its first line."""
        code, query = self.function.__code__, self.name if query is None else query
        return rule.finding(code.co_filename, code.co_firstlineno, 1, message, fix, query=query)

    def ignores(self, finding: Finding) -> bool:
        """Return whether the finding is in a block of this query that has an `-- ignore:` line for its rule."""
        blocks = self.blocks.values() if finding.query == self.name else ()
        return any(block.path == finding.path and finding.rule in block.ignored for block in blocks)

    def compare(self) -> Iterator[Finding]:
        """Read the signature and yield the findings of both blocks, and of their comparison with each other."""
        self.signature = read_signature(self.function, self.dialects)
        self._allowed = self._names | self.signature.changes.keys()
        for problem in self.signature.findings:
            yield self.finding(SIGNATURE, *problem)
        if self.signature.findings:
            return
        is_stream = self.signature.result.shape == "stream"
        if inspect.iscoroutinefunction(self.function) is is_stream:
            yield self.finding(SIGNATURE, *(_STREAM if is_stream else _COROUTINE))
        used: set[str] = set()
        for block in self.blocks.values():
            disagreeing, nothing = list(disagreements(block, self.signature, used)), no_statement(block)
            for wrong in [nothing] if nothing else [*disagreeing, *refusals(block, self.signature)]:
                yield self._in_block(block, wrong)
        if len(self.blocks) == len(self.dialects):
            for name in (*self.signature.arguments, *self.signature.changes):
                if name not in used:
                    yield self.finding(ARGUMENT_UNUSED, f"no statement uses the argument {name}", _UNUSED)
        if len(self.blocks) == len(DIALECTS):
            yield from self._compare_twins()

    def _compare_twins(self) -> Iterator[Finding]:
        ours, theirs = (self.blocks[dialect] for dialect in DIALECTS)
        same = ours.source == theirs.source
        for block, twin in ((ours, theirs), (theirs, ours)):
            where, line = f"{twin.dialect}/{self.file}.sql", block.line
            if not same and block.differs is None:
                line, of_twin = _first_difference(block, twin)
                rule, message = TWINS_DIFFER, f"differs from {where}:{of_twin}"
                fix = "make them equal, or write `-- differs: reason` under both headers"
            elif same and block.differs is not None:
                rule, message = DIFFERS_NEEDLESS, f"does not differ from {where}:{twin.line}"
                fix = "delete the `-- differs:` line"
            else:
                continue
            yield self._in_block(block, Disagreement(line, 1, rule, message, fix))

    def _in_block(self, block: Block, wrong: Disagreement) -> Finding:
        place = (block.path, wrong.line, wrong.column)
        return wrong.rule.finding(*place, wrong.message, wrong.fix, dialect=block.dialect, query=self.name)

    def compile(self, dialect: Dialect) -> CompiledQuery:
        """Return the query compiled for this dialect. Imports only the driver of this dialect."""
        try:
            return CompiledQuery(self.name, self.blocks[dialect], self.signature, codec_of(dialect))
        except Unresolved as reason:
            raise_alone(CatalogError([f"{self.blocks[dialect].where}: {self.name}: {reason}"]))


def _first_difference(block: Block, twin: Block) -> tuple[int, int]:
    """Return the line numbers in both files at which the blocks first differ.

    Returns the lines of the headers if only comments differ or one block is a beginning of the other.
    """
    for one, other in zip(block.lines, twin.lines, strict=False):
        if (one.text, one.conditions) != (other.text, other.conditions):
            return one.number, other.number
    return block.line, twin.line
