"""Print findings, for a person or for a program."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from hangar_dal.check.project.coverage import Coverage
from hangar_dal.check.report.formats import FORMATS, Style, as_table, report_as
from hangar_dal.cli.extras import require_sqlglot
from hangar_dal.cli.terminal import BOLD, DIM, GREEN, RED, YELLOW, coloured
from hangar_dal.rules import Finding

_COLOURS: Final[Mapping[Style, str]] = MappingProxyType(
    {"error": RED, "warning": YELLOW, "path": BOLD, "dim": DIM, "removed": RED, "added": GREEN}
)


def add_format(parser: argparse.ArgumentParser) -> None:
    """Add `--format`, and its short form `--json`. `refuse_format` and `print_findings` read them."""
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="table",
        help="table for people (default), json for editors, sarif for code scanning, github for annotations in Actions",
    )
    parser.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")


def refuse_format(chosen: argparse.Namespace) -> None:
    """Raise `SettingsError` for SARIF without sqlglot: its files explain the rules, whose modules import the parser."""
    if chosen.format == "sarif":
        require_sqlglot()


def print_findings(
    findings: Sequence[Finding], scope: Coverage, chosen: argparse.Namespace, *, clean: str, checked: int | None = None
) -> None:
    """Print the scope, the findings and their number in the chosen format. Without findings, print `clean`."""
    if chosen.format in ("table", "github"):
        print_scope(scope)
    text = report_as(chosen.format, findings, scope, checked=checked, paint=_paint)
    if text:
        print(text)
    if chosen.format == "table" and text:
        print()
    if chosen.format in ("table", "github"):
        print(_sum(len(findings), checked, clean))


def warn_of(findings: Sequence[Finding]) -> None:
    """Print findings to stderr, for a command that prints its result to stdout."""
    if findings:
        print(
            f"\n{as_table(findings, lambda text, style: coloured(text, _COLOURS[style], sys.stderr))}", file=sys.stderr
        )


def print_scope(scope: Coverage) -> None:
    """Print what was checked, before the results."""
    for line in scope.lines():
        print(coloured(line, DIM, sys.stdout))
    print()


def _sum(count: int, checked: int | None, clean: str) -> str:
    if not count:
        return f"{coloured('clean:', GREEN, sys.stdout)} {clean}"
    of_how_many = "" if checked is None else f" in {checked} statements"
    return f"{count} finding{'s' if count > 1 else ''}{of_how_many}"


def _paint(text: str, style: Style) -> str:
    return coloured(text, _COLOURS[style], sys.stdout)
