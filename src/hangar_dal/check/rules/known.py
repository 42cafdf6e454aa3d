"""Refuse names in `ignore_rules` of the project that no rule has."""

from collections.abc import Collection
from importlib.util import find_spec

from hangar_dal.errors import SettingsError
from hangar_dal.migrations.unsafe import SQUAWK


def refuse_unknown(ignored: Collection[str]) -> None:
    """Raise `SettingsError` if `ignore_rules` names an unknown rule, or a rule that reports an incomplete check.

    Does nothing if sqlglot is not installed, as in `check --offline` without the extra `check`.
    """
    if not ignored or find_spec("sqlglot") is None:
        return
    from hangar_dal.check.rules.table import CHAPTERS, OF_THE_CHECK, RULES, unknown_rule  # noqa: PLC0415 - imports the parser

    where = "[tool.hangar_dal] ignore_rules"
    for name in ignored:
        if name in {rule.id for rule in CHAPTERS[OF_THE_CHECK]}:
            raise SettingsError(f"{where}: {name} cannot be turned off; do what its finding says")
        if name not in RULES and not name.startswith(SQUAWK):
            raise SettingsError(f"{where}: {unknown_rule(name)}")
