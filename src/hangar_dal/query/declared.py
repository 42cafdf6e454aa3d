"""One declared query: its function, its blocks in both dialects, and what is wrong between them.

Stands above `plan`. Compared without a database, when its catalog is loaded.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hangar_dal.database.codecs import codec_of
from hangar_dal.errors import CatalogError
from hangar_dal.query.plan import Plan
from hangar_dal.query.signature import Signature, choices, read_signature
from hangar_dal.query.sources import Unresolved, getter, resolve
from hangar_dal.sqlblock import Block
from hangar_dal.sqlscan import DIALECTS, Dialect


class DeclaredQuery:
    """What `@query` keeps of a function; `findings` is empty when both statements fulfil the signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.module = function.__module__
        self.file = self.module.rpartition(".")[2]
        self.name = f"{self.file}.{function.__name__}"
        self.blocks: dict[Dialect, Block] = {}
        self.signature = Signature()
        parameters = list(inspect.signature(function).parameters.values())[1:]
        self._named = [p for p in parameters if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)]
        self._positional = [p.name for p in self._named if p.kind is not p.KEYWORD_ONLY]
        self._names = {p.name for p in self._named}
        self._defaults = {p.name: p.default for p in self._named if p.default is not p.empty}

    @property
    def where(self) -> str:
        """`file:line` of the function, for messages."""
        code = self.function.__code__
        return f"{code.co_filename}:{code.co_firstlineno}"

    def values(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> dict[str, Any]:
        """The call's arguments by name; TypeError, in Python's own words, for a wrong call."""
        positional = dict(zip(self._positional, arguments, strict=False))
        values = {**self._defaults, **positional, **named}
        given_once = len(positional) == len(arguments) and positional.keys().isdisjoint(named)
        if given_once and values.keys() == self._names:
            return values
        inspect.signature(self.function).bind(None, *arguments, **named)
        if unknown := values.keys() - self._names - self.signature.changes.keys():
            raise TypeError(f"{self.function.__name__}() got an unexpected field {', '.join(sorted(unknown))}")
        return values

    def compare(self) -> Iterator[str]:
        """Read the signature and hold both statements against it."""
        self.signature = read_signature(self.function)
        for finding in self.signature.findings:
            yield f"{self.where}: {self.name}: {finding}"
        if self.signature.findings:
            return
        used: set[str] = set()
        for block in self.blocks.values():
            for where, disagreement in _against(block, self.signature, used):
                yield f"{where}: {self.name}: {disagreement}"
        for name in (*self.signature.arguments, *self.signature.changes):
            if name not in used:
                yield f"{self.where}: {self.name}: the argument {name} is used in no statement"
        yield from self._compare_twins()

    def _compare_twins(self) -> Iterator[str]:
        if len(self.blocks) < len(DIALECTS):
            return
        ours, theirs = (self.blocks[dialect] for dialect in DIALECTS)
        same = ours.source == theirs.source
        for block, twin in ((ours, theirs), (theirs, ours)):
            if not same and block.differs is None:
                yield (
                    f"{block.where}: {self.name}: differs from {twin.where}; make them equal, "
                    "or write `-- differs: reason` under both headers"
                )
            elif same and block.differs is not None:
                yield f"{block.where}: {self.name}: does not differ from {twin.where}; delete the `-- differs:` line"

    def compile(self, dialect: Dialect) -> Plan:
        """The plan for the dialect in use; only its driver is imported."""
        try:
            return Plan(self.name, self.blocks[dialect], self.signature, codec_of(dialect))
        except Unresolved as reason:
            raise CatalogError([f"{self.blocks[dialect].where}: {self.name}: {reason}"]) from None


def _against(block: Block, signature: Signature, used: set[str]) -> Iterator[tuple[str, str]]:
    """Every disagreement of one statement with the signature, with its place."""
    meanings: dict[str, tuple[str, str | None]] = {}
    for place in block.variant(lambda condition: True).parameters:
        where = f"{block.path}:{place.line.number}"
        try:
            source = resolve(place.name, place.line, signature)
            getter(source, place.line, signature, {})
        except Unresolved as reason:
            yield where, str(reason)
            continue
        used.add(source.argument)
        if source.value and source.value.sealed:
            used.update(source.value.sealed.bind)
        meaning = meanings.setdefault(place.name, (source.argument, source.field))
        if meaning != (source.argument, source.field):
            yield where, f":{place.name} means two things in this statement; rename one argument"
    for line in block.lines:
        for condition in line.conditions:
            used.add(condition.argument)
            yield from (
                (f"{block.path}:{line.number}", f) for f in _condition(condition.argument, condition.value, signature)
            )
    for argument in {c.argument for c in block.conditions if c.value is not None} & signature.arguments.keys():
        arms = {condition.value for condition in block.conditions if condition.argument == argument}
        if missing := [choice for choice in choices(signature.arguments[argument]) if choice not in arms]:
            yield block.where, f"no line is kept when {argument} = {', '.join(missing)}"
    shape = signature.result.shape
    if shape in ("one", "optional", "list", "stream") and not block.returns_rows:
        yield block.where, f"{block.verb} without RETURNING gives no rows; the signature promises some"
    if shape == "count" and block.verb in ("SELECT", "VALUES"):
        yield block.where, "a RowCount counts changed rows; declare what this SELECT returns"
    if shape == "stream" and block.writes:
        yield block.where, "a stream reads; declare a list for the rows of a write"


def _condition(name: str, value: str | None, signature: Signature) -> Iterator[str]:
    argument = signature.arguments.get(name)
    if argument is None:
        yield f"`when {name}`: the function has no such argument"
    elif value is None and not argument.optional:
        yield f"`when {name}`: the argument can never be None, so the line is always kept; delete the comment"
    elif value is not None and value not in choices(argument):
        allowed = ", ".join(choices(argument)) or "none: it is no Literal and no Enum of text"
        yield f"`when {name} = {value}`: the argument's values are {allowed}"
