"""Find the columns that the AFTER triggers of a SQLite table change in the table itself."""

from collections.abc import Iterator, Sequence
from itertools import count

from hangar_dal.migrations.schema import Schema


def later_writes(schema: Schema) -> dict[str, dict[str, tuple[str, ...]]]:
    """Return the columns that triggers change after each event, "insert" or "update", by table.

    `schema` has the texts of SQLite's triggers as words in lower case. Those of PostgreSQL name a function, which is
    not read.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for other in schema.others:
        words = other.text.split()
        if other.kind != "trigger" or "begin" not in words:
            continue
        begin = words.index("begin")
        if "after" not in words[:begin] or (event := words[words.index("after") + 1]) == "delete":
            continue
        columns = dict.fromkeys(_assigned(words[begin + 1 :], other.table.lower()))
        of_table = found.setdefault(other.table, {})
        of_table[event] = tuple(dict.fromkeys((*of_table.get(event, ()), *columns)))
    return found


def _assigned(words: Sequence[str], table: str) -> Iterator[str]:
    """Yield the columns that the UPDATE statements on the table set: `a = 1`, and `(a, b) = (1, 2)`."""
    for start, word in enumerate(words):
        if word != "update":
            continue
        target = start + 3 if words[start + 1] == "or" else start + 1
        if words[target].strip('"').lower() != table:
            continue
        depth, is_name = 0, True
        for at in count(words.index("set", target) + 1):
            word = words[at]  # noqa: PLW2901 - the words of the assignments
            depth += {"(": 1, ")": -1}.get(word, 0)
            if depth == 0 and word in ("where", "from", "returning", ";"):
                break
            if is_name and word not in ("(", ",", ")", "="):
                yield word.strip('"')
            if word == "=" and depth == 0:
                is_name = False
            elif word == "," and depth == 0:
                is_name = True
