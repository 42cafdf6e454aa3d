"""Refuse to run without a package that the extra `check` installs."""

from importlib.util import find_spec

from hangar_dal.errors import SettingsError


def require_sqlglot() -> None:
    """Raise `SettingsError`, with the command to run, if sqlglot is not installed."""
    if find_spec("sqlglot") is None:
        raise SettingsError("sqlglot is not installed; run: pip install 'hangar-dal[check]'")
