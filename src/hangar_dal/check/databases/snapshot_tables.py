"""Choose the tables that a snapshot stores, and merge the tables of several snapshots.

Each snapshot stores the tables that its own statements name, so that a branch that adds a table changes no other file.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from hangar_dal.check.model import Tables


def named_in(tables: Tables, texts: Iterable[str]) -> Tables:
    """Return the tables and enums whose names occur as words in these texts. An unneeded table does no harm."""
    text = "\n".join(texts).casefold()
    kept = _only(tables, lambda name: _is_word(name, text))
    with_kinds = f"{text}\n{kept.columns!r}".casefold()
    enums = {name: values for name, values in tables.enums.items() if _is_word(name, with_kinds)}
    return Tables(kept.columns, kept.keys, kept.loose, kept.values, enums)


def joined(by_file: Mapping[Path, Tables]) -> tuple[Tables, list[tuple[str, Path, Path]]]:
    """Return all tables of these files, and the name of each table that differs in two files, with both files.

    Tables differ after a merge of two branches of which one changed the table.
    """
    first: dict[str, tuple[Path, Tables]] = {}
    contradictions: list[tuple[str, Path, Path]] = []
    parts: dict[str, dict[str, Any]] = {field.name: {} for field in fields(Tables)}
    for path, tables in by_file.items():
        for name in (*tables.columns, *tables.enums):
            other, known = first.setdefault(name, (path, tables))
            if _entries(known, name) != _entries(tables, name):
                contradictions.append((name, other, path))
        for part, entries in parts.items():
            entries.update(getattr(tables, part))
    return Tables(**parts), contradictions


def _only(tables: Tables, is_kept: Callable[[str], bool]) -> Tables:
    parts = {field.name: getattr(tables, field.name) for field in fields(Tables)}
    return Tables(
        **{part: {name: of for name, of in entries.items() if is_kept(name)} for part, entries in parts.items()}
    )


def _entries(tables: Tables, name: str) -> tuple[Any, ...]:
    return tuple(getattr(tables, field.name).get(name) for field in fields(Tables))


def _is_word(name: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name.casefold())}(?!\w)", text) is not None
