"""What an application uses of the package, found in its source."""

import ast
import importlib
from collections.abc import Collection, Iterator

# The modules that the documentation names.
PUBLIC = {
    "hangar_dal",
    "hangar_dal.errors",
    "hangar_dal.migrations",
    "hangar_dal.migrations.loader",
    "hangar_dal.check",
}


def private_uses(source: str, public: Collection[str] = PUBLIC) -> Iterator[str]:
    """What an application must not rely on: modules that no page names, and names that begin with an underscore."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                modules, used = [name.name for name in names], []
            case ast.ImportFrom(module=module, names=names):
                modules, used = [module or ""], [name.name for name in names]
            case ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                modules, used = [], [name]
            case _:
                continue
        ours = [module for module in modules if module.partition(".")[0] == "hangar_dal"]
        yield from (module for module in ours if module not in public)
        yield from (name for name in used if name.startswith("_") and not name.endswith("__"))
        for module in ours:
            offered = getattr(importlib.import_module(module), "__all__", used) if module in public else used
            yield from (name for name in used if name not in offered and f"{module}.{name}" not in public)
