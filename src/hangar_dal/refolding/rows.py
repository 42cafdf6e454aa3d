"""Recompute the folds or the grams of one column, in batches by key, while the application runs.

The fold of a row depends only on the text of the row, so a run that was killed can be started again. If the application
changes a text during the run, that row is skipped, because the application also writes its fold. Messages name rows by
their keys, never by their texts.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from secrets import token_hex
from typing import Any, Final

from pydantic_core import from_json

from hangar_dal.database import Database, Executor, Row, Transaction
from hangar_dal.database.built import Built
from hangar_dal.database.rows_by_key import Key, is_behind, is_row, key_values, listed, quoted, shown
from hangar_dal.errors import CheckViolation, ConstraintViolation, InvalidValue, UniqueViolation
from hangar_dal.refolding.columns import FoldColumn

BATCH: Final = 500


@dataclass
class RefoldOutcome:
    """The result for one column: `changed` of `rows` rows were changed, or would be.

    `equal` has groups of rows that would have the same fold. `refused` has pairs of a row and the reason why its text
    has no fold.
    """

    column: FoldColumn
    rows: int = 0
    changed: int = 0
    equal: list[tuple[str, ...]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Change:
    key: Key
    before: str
    text: str
    fold: str | list[str]


async def refold(db: Database, column: FoldColumn, *, check: bool = False, batch: int = BATCH) -> RefoldOutcome:
    """Recompute the folds or grams of the column. With `check`, change nothing and return what would change."""
    outcome = RefoldOutcome(column)
    waiting: list[_Change] = []
    last: Key | None = None
    while rows := await _batch(db, column, last, batch):
        last = rows[-1][: len(column.key)]
        outcome.rows += len(rows)
        changes = [change for row in rows if (change := _change(column, row, outcome))]
        if check:
            waiting += changes
        elif changes:
            waiting += await _apply(db, column, changes, outcome)
    if check:
        outcome.changed = len(waiting)
        outcome.equal = [group async for group in _would_be_equal(db, column, waiting)]
        return outcome
    # Try the refused changes again: the row that had the fold may have another one now.
    while waiting and len(left := await _apply(db, column, waiting, outcome)) < len(waiting):
        waiting = left
    for change in await _apply_rings(db, column, waiting, outcome):
        outcome.equal.append((_named(column, change.key), *await _holders(db, column, change)))
    return outcome


def _change(column: FoldColumn, row: Row, outcome: RefoldOutcome) -> _Change | None:
    size = len(column.key)
    key, before, old = row[:size], row[size], _read(row[size + 1], column)
    try:
        text = column.keep(column.text, before)
        fold = column.fold(column.text, text)
    except InvalidValue as refused:
        outcome.refused.append((_named(column, key), str(refused)))
        return None
    return None if (text, fold) == (before, old) else _Change(key, before, text, fold)


def _read(stored: Any, column: FoldColumn) -> Any:
    """Return the stored value in the form that the rule returns. SQLite stores grams as a JSON array."""
    return from_json(stored) if column.kind != "fold" and isinstance(stored, str) else stored


async def _batch(db: Database, column: FoldColumn, last: Key | None, batch: int) -> Sequence[Row]:
    after = "" if last is None else f" AND {is_behind(column.key)}"
    sql = _select(column, [*column.key, column.text, column.folded], f"{quoted(column.text)} IS NOT NULL{after}")
    return await _run(db, column, f"{sql} ORDER BY {listed(column.key)} LIMIT {batch}", key_values(last or ()))


async def _apply(db: Database, column: FoldColumn, changes: list[_Change], outcome: RefoldOutcome) -> list[_Change]:
    """Store the changes in one transaction. Return the changes whose new fold another row still has."""
    changed, left = await db.in_transaction(lambda tx: _store(tx, column, changes))
    outcome.changed += changed
    return left


async def _apply_rings(
    db: Database, column: FoldColumn, changes: list[_Change], outcome: RefoldOutcome
) -> list[_Change]:
    """Store the changes of rows whose new folds belong to each other. Return those whose new fold a third row has.

    In the same transaction, each row first gets a temporary unique fold.
    """
    left: list[_Change] = []
    while changes:
        aside = [replace(change, text=change.before, fold=f"{change.fold} {token_hex(8)}") for change in changes]
        try:
            outcome.changed += await db.in_transaction(partial(_exchange, column, changes, aside))
            break
        except _Blocked as blocked:
            left += blocked.changes
            changes = [change for change in changes if change not in blocked.changes]
    return left


class _Blocked(Exception):
    """Raised to roll back a transaction that cannot store all changes. `changes` are the changes it cannot store."""

    def __init__(self, changes: list[_Change]) -> None:
        super().__init__()
        self.changes = changes


async def _exchange(column: FoldColumn, changes: list[_Change], aside: list[_Change], tx: Transaction) -> int:
    _, refused = await _store(tx, column, aside, refusals=(UniqueViolation, CheckViolation))
    changed, left = await _store(tx, column, changes)
    if blocked := left or [change for change, other in zip(changes, aside, strict=True) if other in refused]:
        raise _Blocked(blocked)
    return changed


async def _store(
    tx: Transaction,
    column: FoldColumn,
    changes: list[_Change],
    *,
    refusals: tuple[type[ConstraintViolation], ...] = (UniqueViolation,),
) -> tuple[int, list[_Change]]:
    """Update the rows. Return the number of changed rows and the changes that a constraint refused."""
    values = f"{quoted(column.text)} = :text, {quoted(column.folded)} = :fold"
    where = f"{is_row(column.key)} AND {quoted(column.text)} = :before"
    sql = f"UPDATE {quoted(column.table)} SET {values} WHERE {where} RETURNING 1"  # noqa: S608
    changed, refused = 0, []
    for change in changes:
        given = {**key_values(change.key), "text": change.text, "fold": change.fold, "before": change.before}
        try:
            async with tx.savepoint():
                changed += len(await _run(tx, column, sql, given, writes=True))
        except refusals:
            refused.append(change)
    return changed, refused


async def _would_be_equal(db: Database, column: FoldColumn, changes: list[_Change]) -> AsyncIterator[tuple[str, ...]]:
    """Yield groups of rows that would have equal values of a unique key, including rows that need no change."""
    moving = {change.key for change in changes}
    for unique in column.uniques:
        groups: dict[Key, list[Key]] = defaultdict(list)
        others = [name for name in unique if name != column.folded]
        for change in changes:
            scope = await _scope(db, column, others, change) if others else ()
            if None not in scope:
                groups[(change.fold, *scope)].append(change.key)
        for values, keys in groups.items():
            where = " AND ".join(f"{quoted(name)} = :s{n}" for n, name in enumerate([column.folded, *others]))
            sql = _select(column, column.key, where)
            found = await _run(db, column, sql, {f"s{n}": value for n, value in enumerate(values)})
            keys += [tuple(row) for row in found if tuple(row) not in moving]
            if len(keys) > 1:
                yield tuple(_named(column, key) for key in sorted(keys, key=str))


async def _scope(db: Database, column: FoldColumn, others: Sequence[str], change: _Change) -> Key:
    rows = await _run(db, column, _select(column, others, is_row(column.key)), key_values(change.key))
    return tuple(rows[0]) if rows else (None,)


async def _holders(db: Database, column: FoldColumn, change: _Change) -> tuple[str, ...]:
    sql = _select(column, column.key, f"{quoted(column.folded)} = :fold")
    rows = await _run(db, column, sql, {"fold": change.fold})
    return tuple(_named(column, row) for row in rows if tuple(row) != change.key)


async def _run(
    db: Executor, column: FoldColumn, sql: str, values: Mapping[str, Any], *, writes: bool = False
) -> Sequence[Row]:
    rows, _ = await Built(db.dialect, f"refold {column.name}", sql, writes=writes).run(db, values)
    return rows


def _select(column: FoldColumn, names: Sequence[str], where: str) -> str:
    return f"SELECT {listed(names)} FROM {quoted(column.table)} WHERE {where}"  # noqa: S608 - quoted names


def _named(column: FoldColumn, key: Sequence[Any]) -> str:
    visible = shown(dict(zip(column.key, key, strict=True)), column.key)
    return ", ".join(f"{name}={visible.get(name, '(not shown)')}" for name in column.key)
