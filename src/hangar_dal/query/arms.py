"""Every statement that the arms of a block can make: a call runs one of them, and all of them must hold.

Builds on `signature`; `compiled` takes the statement of a call.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, product
from math import prod
from typing import Final

from hangar_dal.query.signature import Signature, choices
from hangar_dal.sqlblock import Block, Condition, Variant

# Past this, arms that meet each other only in rare combinations are looked at one by one.
MOST_COMBINATIONS: Final = 64

_ABSENT: Final = None
_PRESENT: Final = ""
State = str | None  # what an argument may be for its arms: None, given ("" where its value is no matter), or a choice


@dataclass(frozen=True, slots=True)
class Arms:
    """One statement of a block. `label` says when: "after, order = name"; empty where no condition holds."""

    label: str
    variant: Variant


def arms(block: Block, signature: Signature) -> tuple[Arms, ...]:
    """All combinations up to `MOST_COMBINATIONS`; past it each state of each argument, and each line of several."""
    states = {name: _states(name, block, signature) for name in dict.fromkeys(c.argument for c in block.conditions)}
    every = prod(map(len, states.values())) <= MOST_COMBINATIONS
    found: dict[tuple[int, ...], Arms] = {}
    some = chain(_singly(list(states.values())), _by_line(block, states))
    for combination in product(*states.values()) if every else some:
        given = dict(zip(states, combination, strict=True))
        variant = block.variant(partial(_holds, given))
        found.setdefault(tuple(line.number for line in variant.lines), Arms(_label(given), variant))
    return tuple(found.values())


def _states(name: str, block: Block, signature: Signature) -> tuple[State, ...]:
    argument = signature.arguments.get(name)
    named = tuple(dict.fromkeys(c.value for c in block.conditions if c.argument == name and c.value is not None))
    given = ((choices(argument) if argument else ()) or named) if named else (_PRESENT,)
    return given if argument and not argument.optional else (_ABSENT, *given)


def _singly(states: list[tuple[State, ...]]) -> Iterator[tuple[State, ...]]:
    first = [of_one[0] for of_one in states]
    yield tuple(first)
    yield tuple(of_one[-1] for of_one in states)  # as many arms at once as there can be
    for place, of_one in enumerate(states):
        for state in of_one[1:]:
            yield (*first[:place], state, *first[place + 1 :])


def _by_line(block: Block, states: dict[str, tuple[State, ...]]) -> Iterator[tuple[State, ...]]:
    """For each line with several conditions, those that keep it beside the first state of the other arguments."""
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
