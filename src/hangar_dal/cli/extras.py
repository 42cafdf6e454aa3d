"""Refuse to run without a package that the extra `check` installs."""

from importlib import import_module

from hangar_dal.extras import needing


def require_sqlglot() -> None:
    """Raise `NotInstalled`, with the command to run, if sqlglot is not installed."""
    with needing("check"):
        import_module("sqlglot")
