"""Edit the text of a Python module: add an import or a function. Independent of queries."""

import ast
import sys
from collections.abc import Sequence
from typing import Final

from hangar_dal.drafting.formatting import WIDTH, as_text

_BOM: Final = "\ufeff"


class ModuleSource:
    """The text of a module with normalized line breaks, and its syntax tree."""

    def __init__(self, text: str, *, newline: str = "", bom: str = "") -> None:
        self.newline = newline or ("\r\n" if "\r\n" in text else "\n")
        self.bom = bom or text[: text.startswith(_BOM)]
        self.text = text.removeprefix(_BOM).replace("\r\n", "\n")
        self.tree = ast.parse(self.text)

    @property
    def written(self) -> str:
        """The text to write to the file, with its line breaks and byte order mark."""
        return self.bom + self.text.replace("\n", self.newline)

    def function(self, name: str) -> ast.AsyncFunctionDef | ast.FunctionDef | None:
        """Return the top-level function with this name; None if there is none."""
        functions = (node for node in self.tree.body if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef))
        return next((node for node in functions if node.name == name), None)

    def text_of(self, node: ast.expr) -> str:
        """Return an expression of the module in one line, with the quotes that `ruff format` writes."""
        text = ast.get_source_segment(self.text, node)
        return as_text(node) if text is None or "\n" in text or "'" in text else text

    def annotation(self, name: str, functions: Sequence[str]) -> str | None:
        """Return the annotation of a parameter in the first of these functions that has it; else None."""
        for each in functions:
            node = self.function(each)
            if node is None:
                continue
            for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                if argument.arg == name and argument.annotation is not None:
                    return self.text_of(argument.annotation)
        return None

    def with_function(self, text: str, after: str | None) -> "ModuleSource":
        """Return the module with a function added after the function `after`, else at the end."""
        lines = self.text.rstrip("\n").split("\n")
        node = self.function(after) if after else None
        end = node.end_lineno if node and node.end_lineno else len(lines)
        before, behind = lines[:end], lines[end:]
        made = [*before, *(["", ""] if any(before) else []), *text.split("\n")]
        return self._of("\n".join([*made, *behind]) + "\n")

    def with_import(self, module: str, name: str) -> "ModuleSource":
        """Return the module with `from module import name` added at its sorted position."""
        imports = [node for node in self.tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        for node in imports:
            if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
                if any(alias.name == name and alias.asname is None for alias in node.names):
                    return self
                if (text := self._with_name(node, name)) is not None:
                    return self._with_lines(node.lineno, node.end_lineno or node.lineno, text)
        line = f"from {module} import {name}"
        near = self._section(imports, module)
        if not near:
            return self._with_new_section(imports, line, module)
        later = (
            node for node in near if isinstance(node, ast.ImportFrom) and (node.module or "").lower() > module.lower()
        )
        at = next((node.lineno for node in later), (near[-1].end_lineno or near[-1].lineno) + 1)
        return self._with_lines(at, at - 1, [line])

    def _with_name(self, node: ast.ImportFrom, name: str) -> list[str] | None:
        """Return the lines of an import with the name added; None if it has comments, which would be lost."""
        lines = self.text.split("\n")[node.lineno - 1 : node.end_lineno]
        if any("#" in line for line in lines) or node.names[0].name == "*":
            return None
        names = [f"{alias.name} as {alias.asname}" if alias.asname else alias.name for alias in node.names]
        names = sorted([*names, name], key=_rank)
        short = f"from {node.module} import {', '.join(names)}"
        if len(lines) == 1 and len(short) <= WIDTH:
            return [short]
        return [f"from {node.module} import (", *(f"    {each}," for each in names), ")"]

    def _section(self, imports: Sequence[ast.stmt], module: str) -> list[ast.stmt]:
        """Return the block of imports, without empty lines, that the module belongs to; empty if there is none."""
        sections: list[list[ast.stmt]] = []
        for node in imports:
            if not sections or node.lineno > (sections[-1][-1].end_lineno or 0) + 1:
                sections.append([])
            sections[-1].append(node)
        package = module.partition(".")[0]
        same = [each for each in sections if any(package in _packages(node) for node in each)]
        if same:
            return same[0]
        is_standard = package in sys.stdlib_module_names
        alike = [
            each
            for each in sections
            if all((name in sys.stdlib_module_names) == is_standard for node in each for name in _packages(node))
        ]
        return alike[-1] if alike else []

    def _with_new_section(self, imports: Sequence[ast.stmt], line: str, module: str) -> "ModuleSource":
        if imports and module.partition(".")[0] in sys.stdlib_module_names:
            return self._with_lines(imports[0].lineno, imports[0].lineno - 1, [line, ""])
        last = [*self.tree.body[:1], *imports][-1] if imports or ast.get_docstring(self.tree) else None
        at = (last.end_lineno or last.lineno) + 1 if last else 1
        return self._with_lines(at, at - 1, ["", line] if last else [line, ""])

    def _with_lines(self, first: int, last: int, instead: Sequence[str]) -> "ModuleSource":
        lines = self.text.split("\n")
        return self._of("\n".join([*lines[: first - 1], *instead, *lines[last:]]))

    def _of(self, text: str) -> "ModuleSource":
        return ModuleSource(text, newline=self.newline, bom=self.bom)


def _packages(node: ast.stmt) -> list[str]:
    """Return the top-level packages that a statement imports from."""
    if isinstance(node, ast.ImportFrom):
        return [(node.module or "").partition(".")[0]]
    return [alias.name.partition(".")[0] for alias in node.names] if isinstance(node, ast.Import) else []


def _rank(name: str) -> tuple[int, str]:
    """Return the sort key of an imported name: constants, then classes, then others, like isort and ruff."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name.lower())
