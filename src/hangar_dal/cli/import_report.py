"""What `hangar-dal import` prints: what was read, proven, written and left out, and what to do next."""

import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hangar_dal.cli.terminal import BOLD, GREEN, RED, YELLOW, coloured, in_diff_colours
from hangar_dal.migrations.faults import display_path

if TYPE_CHECKING:
    from hangar_dal.importing.importing import Result
    from hangar_dal.importing.place import Place
    from hangar_dal.importing.source import Source


def print_report(source: "Source", result: "Result", place: "Place") -> None:
    """Print what was read, proven, written and left out, and what to do next."""
    counts = source.imported.counts
    read = ", ".join(f"{count} {_counted(kind, count)}" for kind, count in counts.items())
    print(f"{_title('read:')} {source.where}: {read}")
    proof = result.proof
    if proof.differences:
        differs = coloured("differs:", RED, sys.stdout)
        print(f"{differs} the baseline does not make the same schema (- baseline, + database):")
        for line in proof.differences:
            print(f"  {in_diff_colours(line, sys.stdout)}")
    else:
        proven = coloured("proven:", GREEN, sys.stdout)
        print(f"{proven} on a scratch database, the baseline makes the same schema. {proof.facts} parts are equal:")
        print("  tables, columns, keys, constraints, indexes and others. The baseline can be undone and applied again")
    for plan in result.plans:
        if plan.functions:
            print(f"{_title('written:')} {display_path(place.module / plan.module)}.py: {', '.join(plan.functions)}")
    functions = sum(len(plan.functions) for plan in result.plans)
    print(f"{_title('written:')} {len(result.files)} files with {functions} functions. `check` finds nothing in them")
    if any(proof.broken.values()):
        print(f"{coloured('ignored:', YELLOW, sys.stdout)} the baseline turns off rules that your schema breaks:")
        for rule, count in sum(map(Counter, proof.broken.values()), Counter[str]()).items():
            print(f"  {rule}: {count}")
    if declared := sorted({label for labels in proof.declared.values() for label in labels}):
        print(
            f"{coloured('differ:', YELLOW, sys.stdout)} the baselines declare what is not the same on both databases:"
        )
        for label in declared:
            print(f"  {label}")
    if result.left_out:
        print(f"{coloured('left out:', YELLOW, sys.stdout)}")
        for each in result.left_out:
            print(f"  {each.what}: {each.why}")
    _next(place, is_equal=not proof.differences)


def _counted(kind: str, count: int) -> str:
    if count == 1 or kind == "statistics":
        return kind
    return {"policy": "policies", "index": "indexes"}.get(kind, f"{kind}s")


def _title(text: str) -> str:
    return coloured(text, BOLD, sys.stdout)


def _next(place: "Place", *, is_equal: bool) -> None:
    steps: Sequence[tuple[str, str]] = (
        ("pip install -e . --group test", "once, if the project is new; needs pip 25.1"),
        ("pytest", "the tests"),
        ("hangar-dal check", "do signatures, SQL and tables agree?"),
        ("hangar-dal migrations verify", "can the baseline be applied, undone, and applied again?"),
        (
            "DATABASE_URL=... hangar-dal migrations adopt",
            f"mark {place.number:04}_baseline as applied in your database",
        ),
    )
    if not is_equal:
        print("next: edit the baseline until `hangar-dal migrations adopt` accepts your database. Then:")
    else:
        print("next:")
    width = max(len(command) for command, _ in steps)
    for command, why in steps:
        print(f"  {command:{width}}  {why}")
