"""Format findings as SARIF 2.1.0, which code scanning services and editors read."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path, PurePath
from typing import Any, Final
from urllib.parse import quote

from hangar_dal.check.project.coverage import Coverage
from hangar_dal.check.rules.table import RULES
from hangar_dal.rules import Finding

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT: Final = "SRCROOT"  # each reader of the report resolves it to its own checkout


def as_sarif(findings: Sequence[Finding], scope: Coverage) -> str:
    """Return a SARIF log with one run, as JSON text. The properties of the run say what was checked.

    Paths below the working directory are relative to it.
    """
    rules = sorted({finding.rule for finding in findings})
    driver = {"name": "hangar-dal check", "rules": [_rule(rule, findings) for rule in rules]}
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The folder in which the check ran."}}},
        "properties": {"scope": asdict(scope)},
        "results": [_result(finding, rules.index(finding.rule)) for finding in findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def _rule(rule: str, findings: Sequence[Finding]) -> dict[str, Any]:
    known = RULES.get(rule)
    summary = known.summary if known else f"{rule}: see the documentation of the program that found it."
    level = next(finding.severity for finding in findings if finding.rule == rule)
    return {
        "id": rule,
        "shortDescription": {"text": summary},
        "help": {"text": known.text if known else summary},
        "defaultConfiguration": {"level": level},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    name = {"fullyQualifiedName": finding.query, "kind": "function"}
    place = {"artifactLocation": _artifact(finding.path), "region": _region(finding)} if finding.path else None
    location: dict[str, Any] = {"physicalLocation": place} if place else {}
    location |= {"logicalLocations": [name]} if finding.query else {}
    what = f"{finding.query}: {finding.message}" if finding.query else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.severity,
        "message": {"text": f"{what}; {finding.fix}" if finding.fix else what},
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {"dialect": finding.dialect or "both"},
    }
    return result | ({"locations": [location]} if location else {})


def _region(finding: Finding) -> dict[str, int]:
    return {"startLine": max(1, finding.line), "startColumn": max(1, finding.column)}


def _artifact(path: str) -> dict[str, str]:
    pure = PurePath(path)
    if pure.is_absolute():
        return {"uri": Path(path).as_uri()}
    return {"uri": quote(pure.as_posix()), "uriBaseId": _ROOT}


def _fingerprint(finding: Finding) -> str:
    """Return a digest that stays the same if the finding moves to another line."""
    parts = (finding.path, finding.dialect, finding.query, finding.rule, finding.message)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]
