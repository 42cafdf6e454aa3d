"""Prints findings, for a person or for an editor. Stands above `terminal`."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict

from hangar_dal.cli.terminal import DIM, RED, YELLOW, coloured, in_diff_colours
from hangar_dal.finding import Finding


def print_findings(findings: Sequence[Finding], *, as_json: bool) -> None:
    """One after the other: where, what, and what to write instead."""
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings], indent=2))
        return
    for finding in findings:
        _print(finding)


def _print(finding: Finding) -> None:
    where = f"{finding.path}:{finding.line}:{finding.column}: " if finding.path else ""
    colour = RED if finding.severity == "error" else YELLOW
    message, *more = finding.message.splitlines()
    what = f"{finding.query}: {message}" if finding.query else message
    about = ", ".join(filter(None, (finding.rule, finding.dialect)))
    print(f"{where}{coloured(finding.severity, colour, sys.stdout)}: {what} {coloured(f'[{about}]', DIM, sys.stdout)}")
    for line in more:
        print(in_diff_colours(line, sys.stdout))
    if finding.fix:
        print(f"    {finding.fix}")
