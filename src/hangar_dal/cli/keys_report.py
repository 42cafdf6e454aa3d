"""The output of `hangar-dal keys` about the values of each key, and its exit codes."""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence

from hangar_dal.cli.terminal import FAILED, GREEN, OK, PENDING, RED, YELLOW, coloured
from hangar_dal.rekeying import Counted, Rotated

Counts = Mapping[str, Counted]  # by column


def print_rotated(rotated: Rotated, first: str) -> None:
    """Print the result of the rotation of one column."""
    print(f"{rotated.column.name}: {rotated.resealed} values sealed again with {first}")
    _print_some([f"not opened: {error}" for error in rotated.unopened], rotated.unopened_count, "not opened")
    _print_some([f"not changed: {reason}" for reason in rotated.refused], rotated.refused_count, "not changed")


def _print_some(sentences: Sequence[str], count: int, what: str) -> None:
    for sentence in sentences:
        print(coloured(sentence, RED, sys.stdout))
    if more := count - len(sentences):
        print(coloured(f"{what}: {more} more", RED, sys.stdout))


def print_counts(counts: Counts, left_out: Sequence[str], ids: Sequence[str]) -> None:
    """Print the number of values of each key in each column, the keys that open no value, and what to do."""
    for column, counted in counts.items():
        found = counted.values
        print(f"{column}: {found.total()} values")
        for key_id in sorted(found, key=lambda each: (_place(each, ids), each or "")):
            print(f"  {_described(key_id, ids)}: {found[key_id]}")
        _print_some([f"not opened: {error}" for error in counted.unopened], len(counted.unopened), "not opened")
    for sentence in left_out:
        print(coloured(f"left out: {sentence}", YELLOW, sys.stdout))
    if not counts and not left_out:
        print("No query of the catalogs has a sealed value.")
        return
    total = _total(counts)
    for key_id in [*ids[1:], *sorted(each for each in total if each is not None and each not in ids)]:
        print(_advice(key_id, total[key_id], ids, is_whole=not left_out))
    if total[None]:
        print(coloured(f"{total[None]} values are not sealed. Something else wrote them.", RED, sys.stdout))


def status_code(counts: Counts, left_out: Sequence[str], ids: Sequence[str]) -> int:
    """Return the exit code of `keys status`."""
    total = _total(counts)
    if left_out or any(key_id not in ids for key_id in total) or any(each.unopened for each in counts.values()):
        return FAILED
    return PENDING if any(key_id not in ids[:1] for key_id in total) else OK


def rotation_code(counts: Counts, left_out: Sequence[str], ids: Sequence[str]) -> int:
    """Return the exit code of `keys rotate`."""
    return FAILED if status_code(counts, left_out, ids) else OK


def _total(counts: Counts) -> Counter[str | None]:
    return sum((counted.values for counted in counts.values()), Counter())


def _place(key_id: str | None, ids: Sequence[str]) -> int:
    return ids.index(key_id) if key_id in ids else len(ids)


def _described(key_id: str | None, ids: Sequence[str]) -> str:
    if key_id is None:
        return "not sealed"
    if key_id not in ids:
        return f"{key_id} (not configured)"
    return f"{key_id} (seals)" if key_id == ids[0] else key_id


def _advice(key_id: str, count: int, ids: Sequence[str], *, is_whole: bool) -> str:
    if key_id not in ids:
        sentence = f"{key_id}: not configured, so {count} values cannot be opened. Configure it, or delete their rows."
        return coloured(sentence, RED, sys.stdout)
    if count:
        return (
            f"{key_id}: {count} values are sealed with it. Run `hangar-dal keys rotate`, and keep the key until then."
        )
    if not is_whole:
        return f"{key_id}: keep it. No value above is sealed with it, but columns were left out."
    sentence = f"{key_id}: no value is sealed with it. Remove it when every process seals with {ids[0]}."
    return coloured(sentence, GREEN, sys.stdout)
