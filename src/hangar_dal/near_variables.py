"""Find environment variables that are nearly the name of a setting, which would otherwise be ignored silently.

A variable of the application's own, such as HANGAR_REGION, is none of them: a name is near if each of its words is, but
for one letter behind the first. Imports no other module.
"""

from collections.abc import Iterable, Iterator
from typing import Final

_PREFIX: Final = "HANG"  # also of HANGER_POOL_SIZE
_FIXED_WORD: Final = 3  # shorter words must be equal


def misspelt(given: Iterable[str], known: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each given name that is nearly a known one, and the known name."""
    names = sorted(known)
    for name in sorted(given):
        if name.upper().startswith(_PREFIX) and name not in names:
            yield from ((name, each) for each in names if _is_near(name.upper(), each))


def _is_near(given: str, known: str) -> bool:
    words = [word for word in given.replace("-", "_").split("_") if word not in ("", "DAL")]
    expected = known.split("_")
    if len(words) != len(expected):
        return "".join(words) == "".join(expected)
    return sorted(words) == sorted(expected) or all(map(_is_same_but_for_a_letter, words, expected))


def _is_same_but_for_a_letter(given: str, word: str) -> bool:
    """Whether one letter behind the first is missing, added, different or exchanged with its neighbour, or none."""
    if given == word or len(word) < _FIXED_WORD or given[:1] != word[:1]:
        return given == word
    start = next((n for n, (a, b) in enumerate(zip(given, word, strict=False)) if a != b), min(len(given), len(word)))
    rest, expected = given[start:], word[start:]
    is_exchanged = rest[1:2] + rest[:1] + rest[2:] == expected
    return is_exchanged or expected == rest[1:] or rest == expected[1:] or rest[1:] == expected[1:]
