"""The commands of `hangar-dal`, as its parser knows them."""

import argparse
from collections.abc import Iterator

from hangar_dal import cli


def commands() -> dict[str, argparse.ArgumentParser]:
    """All commands by name, such as `keys rotate`, each with its parser."""
    return dict(_below("", cli.parser()))


def _below(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    if parser.get_default("command"):
        yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for word, each in action.choices.items():
                yield from _below(f"{name} {word}".strip(), each)
