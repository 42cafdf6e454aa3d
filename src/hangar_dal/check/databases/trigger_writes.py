"""Find the columns of a written row that SQLite's AFTER triggers change."""

from collections.abc import Iterator, Sequence

from hangar_dal.check.model import LaterWrite
from hangar_dal.migrations.schema import Other, Schema


def later_writes(schema: Schema) -> dict[str, tuple[LaterWrite, ...]]:
    """Return the writes of the triggers that certainly fire and change the written row, by table.

    `schema` has the texts of SQLite's triggers as words in lower case. Those of PostgreSQL name a function, which is
    not read.
    """
    found: dict[str, tuple[LaterWrite, ...]] = {}
    for other in schema.others:
        if other.kind == "trigger" and (write := _write(other)) is not None:
            found[other.table] = (*found.get(other.table, ()), write)
    return found


def _write(trigger: Other) -> LaterWrite | None:
    words = trigger.text.split()
    begin = words.index("begin") if "begin" in words else 0
    head = words[:begin]
    if "after" not in head or (event := head[head.index("after") + 1]) == "delete":
        return None
    columns = tuple(dict.fromkeys(_assigned(words[begin + 1 :], trigger.table.lower())))
    on = head.index("on")
    of = tuple(word.strip('"') for word in head[head.index("of") + 1 : on] if word != ",") if "of" in head[:on] else ()
    condition = head[head.index("when") + 1 :] if "when" in head else []
    unless = _unchanged(condition)
    if not columns or (condition and unless not in columns):
        return None
    return LaterWrite(event, of, columns, unless)


def _unchanged(condition: Sequence[str]) -> str:
    """Return the column of `new.c = old.c`, by which a trigger leaves a column alone that a statement sets; else ""."""
    words = [word.strip('"') for word in condition if word not in ("(", ")")]
    if len(words) == 7 and words[1] == words[5] == "." and words[3] in ("=", "is") and words[2] == words[6]:
        return words[2] if {words[0], words[4]} == {"new", "old"} else ""
    return ""


def _assigned(words: Sequence[str], table: str) -> Iterator[str]:
    """Yield the columns that the UPDATE statements of the body set in the written row.

    Reads `SET a = 1` and `SET (a, b) = (1, 2)`. A statement with WHERE counts if it is `key = new.key` alone.
    """
    for start, word in enumerate(words):
        if word != "update":
            continue
        target = start + 3 if words[start + 1] == "or" else start + 1
        if words[target].strip('"').lower() != table or words[target + 1] != "set":
            continue
        depth, is_name, names, rest = 0, True, list[str](), words[target + 2 : words.index(";", target)]
        while rest and not (depth == 0 and rest[0] in ("where", "from", "returning")):
            word, *rest = rest  # noqa: PLW2901 - the words of the assignments
            depth += {"(": 1, ")": -1}.get(word, 0)
            if is_name and word not in ("(", ",", ")", "="):
                names.append(word.strip('"'))
            if depth == 0 and word in ("=", ","):
                is_name = word == ","
        if not rest or (rest[0] == "where" and _is_own_row(rest[1:])):
            yield from names


def _is_own_row(condition: Sequence[str]) -> bool:
    """Return whether the condition is `id = new.id`, or the same the other way round."""
    words = [word.strip('"') for word in condition if word not in ("(", ")")]
    return sorted(words) == sorted(["new", ".", "=", words[0], words[0]]) or (
        len(words) == 5 and words[:2] == ["new", "."] and words[2:] == [words[2], "=", words[2]]
    )
