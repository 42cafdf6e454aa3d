"""All statements that a block can produce by its optional lines. A call runs one of them; the rules check each.

`compiled` chooses the statement of a call.
"""

from collections.abc import Iterator
from functools import partial
from itertools import chain, product
from math import prod
from typing import Final, NamedTuple

from hangar_dal.query.signature import Signature, choices
from hangar_dal.sqlblock import Block, Condition, Variant

# Above this number, the rules check each state of each argument instead of all combinations of states.
MOST_COMBINATIONS: Final = 64

_ABSENT: Final = None
_PRESENT: Final = ""
State = str | None  # an argument as conditions see it: None, "" (has any value), or the name of a choice


class LabelledVariant(NamedTuple):
    """One statement of a block. `label` names its conditions, as in "after, order = name", or is empty."""

    label: str
    variant: Variant


def variants(block: Block, signature: Signature) -> tuple[LabelledVariant, ...]:
    """Return the different statements of the block, each once.

    Combines all states of all arguments, up to `MOST_COMBINATIONS`. Above that number, varies one argument at a time
    and adds a combination for each line that has several conditions.
    """
    states = {name: _states(name, block, signature) for name in dict.fromkeys(c.argument for c in block.conditions)}
    every = prod(map(len, states.values())) <= MOST_COMBINATIONS
    found: dict[tuple[int, ...], LabelledVariant] = {}
    some = chain(_singly(list(states.values())), _by_line(block, states))
    for combination in product(*states.values()) if every else some:
        given = dict(zip(states, combination, strict=True))
        variant = block.variant(partial(_holds, given))
        found.setdefault(tuple(line.number for line in variant.lines), LabelledVariant(_label(given), variant))
    return tuple(found.values())


def _states(name: str, block: Block, signature: Signature) -> tuple[State, ...]:
    argument = signature.arguments.get(name)
    named = tuple(dict.fromkeys(c.value for c in block.conditions if c.argument == name and c.value is not None))
    given = ((choices(argument) if argument else ()) or named) if named else (_PRESENT,)
    return given if argument and not argument.optional else (_ABSENT, *given)


def _singly(states: list[tuple[State, ...]]) -> Iterator[tuple[State, ...]]:
    first = [of_one[0] for of_one in states]
    yield tuple(first)
    yield tuple(of_one[-1] for of_one in states)  # the last state of each argument keeps the most lines
    for place, of_one in enumerate(states):
        for state in of_one[1:]:
            yield (*first[:place], state, *first[place + 1 :])


def _by_line(block: Block, states: dict[str, tuple[State, ...]]) -> Iterator[tuple[State, ...]]:
    """Yield the states that keep each line with several conditions; all other arguments have their first state."""
    for conditions in dict.fromkeys(line.conditions for line in block.lines if len(line.conditions) > 1):
        asked = {each.argument: each.value for each in sorted(conditions, key=lambda each: each.value is not None)}
        yield tuple(_asked_for(of_one, name, asked) for name, of_one in states.items())


def _asked_for(of_one: tuple[State, ...], name: str, asked: dict[str, str | None]) -> State:
    if name not in asked:
        return of_one[0]
    return next((state for state in of_one if state is not _ABSENT and asked[name] in (None, state)), of_one[0])


def _holds(given: dict[str, State], condition: Condition) -> bool:
    state = given[condition.argument]
    return state is not _ABSENT if condition.value is None else state == condition.value


def _label(given: dict[str, State]) -> str:
    return ", ".join(
        name if state == _PRESENT else f"{name} = {state}" for name, state in given.items() if state is not _ABSENT
    )
