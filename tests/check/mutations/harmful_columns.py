"""What a statement gives back is no longer what its model takes: the same change in both twins."""

import re
from collections.abc import Callable, Iterator
from itertools import chain

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import (
    Edit,
    Editor,
    bare,
    block,
    columns_of,
    in_columns,
    misspelt,
    nullable,
    put,
    queries,
    sub,
    thinned,
)

Columns = list[str]

KINDS = {
    "uuid": ("id", "jti", "rotated_from"),
    "int": (
        *("eve_character_id", "failures", "refused", "last_step", "number", "days"),
        *("depth", "likes", "answers", "views", "attempts", "duration_ms", "followers", "followed", "size", "bitrate"),
        *("width", "height", "amount", "period_amount", "unit_amount", "price", "tax", "total", "bid", "year"),
        *("interval_count", "period_credit", "period_number", "anchor_day", "trial_days", "credit", "quantity"),
        *("clicks", "impressions", "spent", "reserved", "captured", "refunded", "settled", "shown", "position"),
        *("viewers", "watched_ms", "peak", "messages", "slow_seconds", "donations"),
        *("frequency_cap", "daily_budget", "total_budget"),
    ),
    "bool": ("is_active", "is_admin", "is_test_user", "is_private", "is_enabled"),
    "instant": ("last_login_at", "created_at", "updated_at", "expires_at"),
    "json": ("metadata", "eve_scopes", "tags", "data", "payload"),
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
ENDINGS = {"_at": "instant", "_until": "instant", "_id": "uuid", "_by": "uuid"}


def kind_of(column: str) -> str:
    """The kind of a column, guessed from its name: uuid, int, bool, instant, json or text."""
    by_ending = next((kind for ending, kind in ENDINGS.items() if column.endswith(ending)), "text")
    return KIND_OF.get(column, "bool" if column.startswith("is_") else by_ending)


def mutants(texts: Texts) -> Iterator[Mutant]:
    listing = [query for query in queries(texts) if columns_of(text := block(texts, query)) and _returns(text)]
    for kind, rules, most, make in _KINDS:
        editor = Editor(texts, kind, frozenset(rules.split()))
        made = chain.from_iterable(
            make(editor, query, place, columns_of(block(texts, query))) for place, query in enumerate(listing)
        )
        yield from thinned(made, most)
    yield from _scalars(texts)


def _returns(text: str) -> bool:
    """Whether the columns are those of a result, and not what an INSERT stores."""
    return "\nRETURNING\n" in text or "\nINSERT INTO" not in text


def _drop(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    for name in (columns[place % len(columns)], columns[(5 * place + 7) % len(columns)]):
        yield from editor.both(f"without {name}", query, without(name))


def _misspell(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    name = columns[(3 * place + 1) % len(columns)]
    wrong = misspelt(name)
    yield from editor.both(f"{wrong} for {name}", query, instead(name, wrong))


def _rename(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    name = columns[(7 * place + 2) % len(columns)]
    yield from editor.both(f"{name} by another name", query, instead(name, f"{name} AS {bare(name)}_of_row"))


def _swap(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    if len(columns) == 1:
        return
    at = (4 * place + 1) % (len(columns) - 1)

    def swap(every: Columns) -> Columns:
        return [*every[:at], every[at + 1], every[at], *every[at + 2 :]]

    yield from editor.both(f"{columns[at]} behind {columns[at + 1]}", query, in_columns(swap))


def _twice(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    name = columns[(2 * place + 3) % len(columns)]
    yield from editor.both(f"{name} twice", query, in_columns(lambda every: [*every, name]))


def _add(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    yield from editor.both("a fold too many", query, in_columns(lambda every: [*every, f"{every[0]} AS fold"]))


def _other_kind(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    for at in (place, place + 5):
        name = columns[at % len(columns)]
        kind = kind_of(bare(name))
        other = next((each for each in columns[3:] + columns if kind_of(bare(each)) != kind), None)
        if other is not None and bare(name) not in ("metadata", "cookies"):
            yield from editor.both(f"{other} as {name}", query, instead(name, f"{other} AS {bare(name)}"))


def _other_values(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    names = [name for name in columns if bare(name) in ("status", "role", "user_type")]
    for name, other in zip(names, [*names[1:], *names[:1]], strict=True):
        if name != other:
            yield from editor.both(f"{other} as {name}", query, instead(name, f"{other} AS {bare(name)}"))


def _cast(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    name = columns[(6 * place) % len(columns)]
    kind = "integer" if bare(name) in ("username", "email", "phone_number", "display_name", "platform") else "text"
    if kind_of(bare(name)) != "text" or kind == "integer":
        cast = f"CAST({name} AS {kind}) AS {bare(name)}"
        yield from editor.both(f"{name} as {kind}", query, instead(name, cast))


def _constant(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    name = columns[(3 * place + 4) % len(columns)]
    value = "1" if kind_of(bare(name)) == "text" else "'x'"
    yield from editor.both(f"{value} as {name}", query, instead(name, f"{value} AS {bare(name)}"))


def _null(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    names = [name for name in columns if bare(name) not in nullable(editor.texts)]
    if not names:
        return
    name = names[place % len(names)]
    yield from editor.both(f"NULL as {name}", query, instead(name, f"NULL AS {bare(name)}"))


def _may_be_null(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    names = [name for name in columns if bare(name) not in nullable(editor.texts)]
    if not names:
        return
    one, other, third = (names[at % len(names)] for at in (place, place + 2, 2 * place + 1))
    maybe = f"CASE WHEN {one} = {one} THEN {one} END AS {bare(one)}"
    if bare(one) != "metadata":
        yield from editor.both(f"{one} by a CASE without ELSE", query, instead(one, maybe))
    text = block(editor.texts, query)
    tables = r"(?:INSERT INTO|UPDATE|DELETE FROM|FROM)\s+(\w+)"
    [main, *_] = re.findall(rf"^{tables}", text, re.MULTILINE) or re.findall(rf"\b{tables}", text)
    table = other.partition(".")[0] if "." in other else main
    inner = f"(SELECT inner_one.{bare(other)} FROM {table} AS inner_one WHERE inner_one.{bare(other)} IS NULL)"
    inner += f" AS {bare(other)}"
    yield from editor.both(f"{other} of a row that may be missing", query, instead(other, inner))
    if kind_of(bare(third)) == "text":
        nullif = f"nullif({third}, 'x') AS {bare(third)}"
        yield from editor.both(f"{third} or NULL", query, instead(third, nullif))


def _star(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    yield from editor.both("*", query, in_columns(lambda every: ["users.*" if "users." in every[0] else "*"]))


def _no_returning(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    yield from editor.both("no RETURNING", query, sub(r"\nRETURNING\n[^;]*;", ";"))


def _half_returning(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    if len(columns) > 2:  # half of two columns is one column less, as above
        half = in_columns(lambda every: every[: len(every) // 2])
        yield from editor.both("half of the columns", query, half)


def _secret(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    if query.startswith("users") and "hashed_password" not in columns:
        added = in_columns(lambda every: [*every[:8], "hashed_password", *every[8:]])
        yield from editor.both("the hash too", query, added)


def _count(editor: Editor, query: str, place: int, columns: Columns) -> Iterator[Mutant]:
    yield from editor.both("a number of rows", query, in_columns(lambda every: ["count(*)"]))


def without(name: str) -> Edit:
    """The list without this column."""
    return in_columns(lambda every: [each for each in every if each != name])


def instead(name: str, new: str) -> Edit:
    """The list with something else in the place of this column."""
    return in_columns(lambda every: [new if each == name else each for each in every])


def _scalars(texts: Texts) -> Iterator[Mutant]:
    """The queries that give back one number."""
    rules = frozenset({"column-kind", "column-extra", "null-refused", "null-unknown", "statement-refused"})
    editor = Editor(texts, "another value for a number", rules)
    for query in ("users.count_users", "session_cookies.count_session_cookies"):
        for value in ("min(id)", "CAST(count(*) AS text)", "count(*), 1", "sum(1)", "max(created_at)", "NULL"):
            yield from editor.both(value, query, put("count(*)", value))


_KINDS: tuple[tuple[str, str, int, Callable[[Editor, str, int, Columns], Iterator[Mutant]]], ...] = (
    ("drop a column of the result", "column-missing", 24, _drop),
    ("misspell a column of the result", "statement-refused", 14, _misspell),
    ("rename a column of the result", "column-missing", 14, _rename),
    ("swap two columns of the result", "column-order", 16, _swap),
    ("a column twice", "column-duplicate", 8, _twice),
    ("a column too many", "column-extra", 8, _add),
    ("a column of another kind", "column-kind", 24, _other_kind),
    ("a column of other values", "value-unreadable", 10, _other_values),
    ("a column cast to another type", "column-kind", 14, _cast),
    ("a constant for a column", "column-kind statement-refused", 10, _constant),
    ("NULL for a column", "null-refused", 10, _null),
    ("a column that may be NULL", "null-refused null-unknown", 30, _may_be_null),
    ("a star", "star", 8, _star),
    ("drop RETURNING", "returning-missing", 12, _no_returning),
    ("drop RETURNING columns", "column-missing", 8, _half_returning),
    ("a secret in the result", "column-extra", 6, _secret),
    ("a count for rows", "column-missing statement-refused", 6, _count),
)
