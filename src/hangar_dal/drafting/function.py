"""The function of a new query, and the module with the function added."""

from collections.abc import Sequence
from typing import Any

from hangar_dal.database import Executor
from hangar_dal.drafting.annotations import Annotation, joined, page_size
from hangar_dal.drafting.formatting import WIDTH, in_lines
from hangar_dal.drafting.guess import Guess, GuessedCondition
from hangar_dal.drafting.places import home_of
from hangar_dal.drafting.source import ModuleSource
from hangar_dal.errors import SettingsError


def module_of(guess: Guess, where: Sequence[GuessedCondition]) -> ModuleSource:
    """Return the module with the function and the imports that it needs."""
    parameters = [(each.argument, each.annotation, "") for each in where]
    if guess.has_limit:
        known = guess.source.annotation("limit", guess.place.functions)
        limit = Annotation(known) if known else page_size()
        if known is None and hasattr(guess.place.module, "PageSize"):
            limit = Annotation("PageSize")
        parameters.append(("limit", limit, " = 50"))
    needs: dict[str, Any] = {"Executor": Executor}
    needs |= joined([*(made for _, made, _ in parameters), guess.returns])
    text = _function(guess, parameters)
    source = guess.source.with_function(text, guess.place.functions[-1] if guess.place.functions else None)
    for name, needed in needs.items():
        known_here = getattr(guess.place.module, name, None)
        if known_here is None:
            source = source.with_import(home_of(name, needed, guess.place), name)
        elif known_here is not needed:
            raise SettingsError(
                f"{guess.place.path.name} uses the name {name} for something else; write the function by hand"
            )
    return source


def _function(guess: Guess, parameters: Sequence[tuple[str, Annotation, str]]) -> str:
    keyword = "def" if guess.returns.text.startswith("Stream[") else "async def"
    star = ["*"] if len(parameters) > 1 or any(default for _, _, default in parameters) else []
    first = ["db: Executor", *star]
    declared = [*first, *(f"{name}: {made.text}{default}" for name, made, default in parameters)]
    head = f"{keyword} {guess.name.function}({', '.join(declared)}) -> {guess.returns.text}:"
    if len(head) > WIDTH:
        lines = [f"    {each}," for each in first]
        for name, made, default in parameters:
            lines += in_lines(made.text, 1, f"{name}: ", f"{default},")
        head = "\n".join([f"{keyword} {guess.name.function}(", *lines, f") -> {guess.returns.text}:"])
    sentence = _sentence(guess, [name for name, _, _ in parameters if name != "limit"])
    decorator = _decorator(guess)
    return f'@{decorator}\n{head}\n    """{sentence}"""\n    ...'


def _decorator(guess: Guess) -> str:
    """Return the decorator that the module's other queries use."""
    node = guess.source.function(guess.place.functions[-1]) if guess.place.functions else None
    return guess.source.text_of(node.decorator_list[-1]) if node and node.decorator_list else "query"


def _sentence(guess: Guess, parameters: Sequence[str]) -> str:
    subject = guess.name.subject.replace("_", " ")
    given = " and ".join(f"this {name.replace('_', ' ')}" for name in parameters)
    match guess.name.verb:
        case "count":
            return f"Return the number of {subject}{f' with {given}' if given else ''}."
        case "delete":
            return f"Delete the {subject} with {given}."
        case "list":
            return f"Return a page of {subject}{f' with {given}' if given else ''}, ordered by key."
        case "stream":
            return f"Stream all {subject}{f' with {given}' if given else ''}."
        case _ if guess.is_many:
            return f"Return the {subject} with {given}."
        case "find":
            return f"Return the {subject} with {given}; None if there is none."
        case _:
            return f"Return the {subject} with {given}. Raises `NotFound` if there is none."
