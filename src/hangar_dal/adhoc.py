"""Run a statement that no SQL file holds, in shells, notebooks and scripts.

    users = await adhoc.fetch(db, "SELECT id, email FROM users WHERE id = :id", list[User], {"id": user_id})

The statement is read, checked and encoded like that of a declared query. `hangar-dal check` does not know it.
"""

import asyncio
from collections.abc import Mapping, Sequence, Set
from functools import lru_cache
from typing import Any, Final, TypeVar, overload

from pydantic import BaseModel

from hangar_dal.database import Executor, Transaction
from hangar_dal.database.codecs import codec_of
from hangar_dal.database.executor import not_an_executor
from hangar_dal.database.refused_types import UnsupportedType
from hangar_dal.database.types import Dialects, value_type
from hangar_dal.errors import CatalogError, raise_alone
from hangar_dal.query.alone import compiled_alone
from hangar_dal.query.compiled import CompiledQuery
from hangar_dal.query.signature import Argument, Signature, read_result
from hangar_dal.sizes import LargeOnLoop
from hangar_dal.sqlscan import Dialect
from hangar_dal.values import JsonArray, JsonObject

T = TypeVar("T")

_NAME: Final = "adhoc.fetch"
_KEPT: Final = 256  # compiled statements


@overload
async def fetch(
    db: Executor, text: str, result: type[T], arguments: Mapping[str, Any] | None = None
) -> T: ...  # also of `list[User]`


@overload
async def fetch(db: Executor, text: str, result: Any = None, arguments: Mapping[str, Any] | None = None) -> Any: ...


async def fetch(db: Executor, text: str, result: Any = None, arguments: Mapping[str, Any] | None = None) -> Any:
    """Run one statement, and return its result as `result` declares it: `User`, `User | None`, `list[User]`, `int` ...

    `result` is what a query's function returns. `arguments` are the values of `:name`, whose types are those of the
    values, or models whose fields are parameters. A text is compiled once. Raises `CatalogError` with the faults of the
    statement before it runs, such as `*` or an UPDATE without WHERE.
    """
    if not isinstance(db, Executor):
        raise not_an_executor(f"{_NAME}: the first argument", db)
    values = dict(arguments or {})
    types = tuple((name, _type_of(name, value)) for name, value in values.items())
    key = text, (db.opened.dialect, db.opened.dialects), result, types, isinstance(db, Transaction)
    try:
        compiled = _compiled(*key)
    except TypeError:  # an annotation that cannot be hashed
        compiled = _compiled.__wrapped__(*key)
    try:
        call = compiled.prepare(values, db)
    except LargeOnLoop:
        call = await asyncio.to_thread(compiled.prepare, values, db)
    return await call.run(db)


@lru_cache(maxsize=_KEPT)
def _compiled(
    text: str,
    target: tuple[Dialect, Dialects],
    result: Any,
    types: tuple[tuple[str, Any], ...],
    in_transaction: bool,
) -> CompiledQuery:
    dialect, dialects = target
    signature = Signature(dialects)
    signature.in_transaction = in_transaction
    for name, annotation in types:
        signature.arguments[name] = _argument(name, annotation, dialects)
    read_result(signature, result)
    if signature.result.shape == "stream":
        raise CatalogError([f"{_NAME}: a stream cannot be fetched; declare a list, or write a query in a SQL file"])
    if signature.findings:
        raise CatalogError([f"{_NAME}: {problem}" for problem in signature.findings])
    return compiled_alone(_NAME, text, signature, codec_of(dialect), dialect)


def _argument(name: str, annotation: Any, dialects: Dialects) -> Argument:
    try:
        value = value_type(annotation, dialects)
    except UnsupportedType as refused:
        raise_alone(CatalogError([f"{_NAME}: {refused.problem.of(name)}"]))
    model = value.python if value.kind in ("model", "models") else None
    return Argument(name, True, None, None if model else value, model, value.kind == "models", value.optional)


def _type_of(name: str, value: Any) -> Any:
    """Return the annotation that a declared query would have for this value. None is a text that may be None."""
    if value is None:
        return str | None
    if isinstance(value, Mapping):
        return JsonObject
    if isinstance(value, Sequence | Set) and not isinstance(value, str | bytes | bytearray):
        return _list_of(name, value)
    return type(value)


def _list_of(name: str, values: Any) -> Any:
    kinds = {_type_of(name, value) for value in values if value is not None}
    if any(kind in (JsonObject, JsonArray) or not isinstance(kind, type) for kind in kinds):
        return JsonArray
    if len(kinds) > 1:
        found = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise CatalogError([f"{_NAME}: {name}: the items of a list have one type, and these are {found}"])
    item: Any = kinds.pop() if kinds else str
    if isinstance(item, type) and issubclass(item, BaseModel):
        return list[item]
    return list[item | None] if None in values else list[item]
