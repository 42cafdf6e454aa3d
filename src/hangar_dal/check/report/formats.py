"""Format findings for a terminal, a program, an editor or GitHub.

`as_json` returns one object. Its keys are stable; later versions may add keys.

    {"scope": {"project": "pyproject.toml", "note": "", "catalogs": ["shop:CATALOG"], "queries": 12, "migrations":
     {"hangar_dal": 3, "migrations": 2}, "dialects": ["sqlite", "postgresql"], "recorded": false},
     "checked": 84, "errors": 1, "warnings": 0, "findings": [{"path": "shop/sql/sqlite/orders.sql", "line": 12,
     "column": 5, "dialect": "sqlite", "query": "orders.find_order", "rule": "column-missing", "severity": "error",
     "message": "...", "fix": "..."}]}

`path` is relative to the working directory if possible. A finding without a place has the path "" and the line 0.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import groupby
from types import MappingProxyType
from typing import Final, Literal

from hangar_dal.check.project.coverage import Coverage
from hangar_dal.rules import Finding

Style = Literal["error", "warning", "path", "dim", "removed", "added"]
Paint = Callable[[str, Style], str]
Format = Literal["table", "json", "sarif", "github"]

FORMATS: Final[tuple[Format, ...]] = ("table", "json", "sarif", "github")
_DIFF: Final[Mapping[str, Style]] = MappingProxyType({"- ": "removed", "+ ": "added"})


def plain(text: str, style: Style) -> str:
    """Return the text unchanged, for output without colours."""
    return text


def report_as(
    form: Format, findings: Sequence[Finding], scope: Coverage, *, checked: int | None = None, paint: Paint = plain
) -> str:
    """Return the report as one text. The forms "table" and "github" are "" if there are no findings."""
    match form:
        case "json":
            return as_json(findings, scope, checked=checked)
        case "sarif":
            from hangar_dal.check.report.sarif import as_sarif  # noqa: PLC0415 - needs every rule, and with them the parser

            return as_sarif(findings, scope)
        case "github":
            return as_github(findings)
        case "table":
            return as_table(findings, paint)


def as_table(findings: Iterable[Finding], paint: Paint = plain) -> str:
    """Return the findings grouped by file. Places are `file:line:column`, which terminals and editors show as links."""
    groups = groupby(sorted(findings), key=lambda finding: finding.path)
    return "\n\n".join("\n".join(_group(path, list(of_file), paint)) for path, of_file in groups)


def as_json(findings: Sequence[Finding], scope: Coverage, *, checked: int | None = None) -> str:
    """Return the JSON object that the docstring of the module shows, without `checked` if it is None."""
    of_severity = Counter(finding.severity for finding in findings)
    counts: dict[str, int] = {"errors": of_severity["error"], "warnings": of_severity["warning"]}
    if checked is not None:
        counts = {"checked": checked, **counts}
    every = [finding._asdict() for finding in findings]
    return json.dumps({"scope": asdict(scope), **counts, "findings": every}, indent=2, ensure_ascii=False)


def as_github(findings: Iterable[Finding]) -> str:
    """Return workflow commands, one per line. GitHub shows them at the lines of a pull request."""
    return "\n".join(map(_annotation, findings))


def _group(path: str, findings: Sequence[Finding], paint: Paint) -> Iterator[str]:
    yield paint(_printable(path) or "The check itself", "path")
    rows = [_row(finding) for finding in findings]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for finding, row in zip(findings, rows, strict=True):
        place, severity, rule, *rest = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        cells = [place, paint(severity, finding.severity), rule, paint("  ".join(rest).rstrip(), "dim")]
        yield f"  {'  '.join(cells if finding.path else cells[1:])}".rstrip()
        for line in finding.message.splitlines():
            style = _DIFF.get(line.lstrip()[:2])
            yield f"      {paint(_printable(line), style) if style else _printable(line)}"
        for number, line in enumerate(finding.fix.splitlines()):
            yield f"      {'     ' if number else 'fix: '}{_printable(line)}"


def _row(finding: Finding) -> tuple[str, ...]:
    place = f"{finding.path}:{finding.line}:{finding.column}" if finding.path else ""
    return tuple(map(_printable, (place, finding.severity, finding.rule, finding.dialect or "both", finding.query)))


def _printable(text: str) -> str:
    """Replace control characters by escapes such as `\\x1b`. Names and database errors may contain them."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def _annotation(finding: Finding) -> str:
    title = " ".join(filter(None, (finding.rule, finding.dialect)))
    place = {"file": finding.path, "line": finding.line, "col": finding.column} if finding.path else {}
    given = ",".join(f"{name}={_escaped(str(value), ':,')}" for name, value in {**place, "title": title}.items())
    what = f"{finding.query}: {finding.message}" if finding.query else finding.message
    said = "\n".join(filter(None, (what, finding.fix)))
    return f"::{finding.severity} {given}::{_escaped(said)}"


def _escaped(text: str, more: str = "") -> str:
    """Percent-encode the text for workflow commands: `%`, line breaks, and the characters in `more`."""
    return "".join(f"%{ord(each):02X}" if each in f"%\r\n{more}" else each for each in text)
