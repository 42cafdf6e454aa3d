"""The Python module of a table: its models and the functions of its queries."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import Final

from hangar_dal.drafting.formatting import quoted
from hangar_dal.importing.plan import ImportedField, TablePlan

_WIDTH: Final = 88
_OTHERS: Final = ("hangar_dal", "hangar_dal.postgresql_types", "pydantic")
_MOST_LINES: Final = 20  # of a comment
_HEAD: Final = '''\
"""{title}"""
# mypy: disable-error-code="empty-body"

{imports}

from {package} import CATALOG

query = CATALOG.query
'''
_PAGE: Final = "PageSize = Annotated[int, Field(ge=1, le=1000)]\n"
# The names that annotations use for limits of columns.
_LIMITS: Final = {
    name: f"{name} = Annotated[int, Field(ge={-(2**bits)}, le={2**bits - 1})]\n"
    for name, bits in (("SmallInteger", 15), ("Integer", 31))
}


def module_text(plan: TablePlan, package: str) -> str:
    """Return the text of the module."""
    title = _docstring(f"The {plan.table.kind} {plan.table.label}.", plan.table.comment)
    body = [_PAGE] if "list" in plan.functions else []
    given = " ".join(each.given for each in plan.fields if not each.column.filled)
    body += [text for name, text in _LIMITS.items() if re.search(rf"\b{name}\b", given)]
    body += [_literal(name, values) for name, values in plan.aliases.items()]
    parts = ["".join(body)] if body else []
    parts += [*_classes(plan), *(_function(plan, verb) for verb in plan.functions)]
    text = "\n\n".join(parts)
    head = _HEAD.format(title=title, imports=_imports(plan, text), package=package)
    return f"{head}\n{text}" if body else f"{head}\n\n{text}"


def _classes(plan: TablePlan) -> Iterator[str]:
    if "insert" in plan.functions and plan.inserted:
        fields = [f"    {each.name}: {each.given}{_default(each)}\n" for each in plan.inserted]
        left = [each.name for each in plan.fields if each.is_left]
        more = f" The database fills {_listed(left)}." if left else ""
        words = _words(plan.singular)
        said = _docstring(f"{_article(words)} {words} to store.{more}", "", 4)
        yield f"class New{plan.model}(Row):\n    {said}\n\n{''.join(fields)}"
    yield _row(plan)
    if "update" in plan.functions:
        changes = "".join(f"    {each.name}: {each.given}\n" for each in plan.changed)
        yield f"class {plan.model}Changes(TypedDict, total=False):\n{changes}"


def _row(plan: TablePlan) -> str:
    fields = "".join(f"    {each.name}: {each.annotation}\n" for each in plan.fields)
    return f"class {plan.model}(Row):\n{fields}"


def _default(one: ImportedField) -> str:
    return "" if one.default is None else f" = {one.default}"


def _function(plan: TablePlan, verb: str) -> str:
    keys = [f"{each.name}: {each.type.annotation}" for each in plan.key]
    named = ["*", *keys] if len(keys) > 1 else keys
    words, model = _words(plan.singular), plan.model
    none = "Raises `NotFound` if there is none with this key."
    match verb:
        case "insert":
            given = [f"new: New{model}"] if plan.inserted else []
            return _text(plan, verb, given, model, f"Store {_article(words).lower()} {words}.")
        case "get":
            return _text(plan, verb, named, model, f"Return the {words} with this key. {none}")
        case "list" if keys:
            given = ["*", f"after: {model} | None = None", "limit: PageSize = 50"]
            page = f"Return a page of {_words(plan.plural)} in the order of the key."
            sentence = f"{page}\n\n    `after` is the last one of the page before.\n    "
            return _text(plan, verb, given, f"list[{model}]", sentence)
        case "list":
            sentence = f"Return the first {_words(plan.plural)}, sorted by all columns."
            return _text(plan, verb, ["*", "limit: PageSize = 50"], f"list[{model}]", sentence)
        case "update":
            given = [*named, f"**changes: Unpack[{model}Changes]"]
            return _text(plan, verb, given, model, f"Change the given fields of the {words}. {none}")
        case _:
            sentence = f"Delete the {words} with this key; return how many were deleted, 0 or 1."
            return _text(plan, verb, named, "RowCount", sentence)


def _text(plan: TablePlan, verb: str, parameters: Sequence[str], returns: str, sentence: str) -> str:
    name = plan.function(verb)
    every = ["db: Executor", *parameters]
    head = f"async def {name}({', '.join(every)}) -> {returns}:"
    if len(head) > _WIDTH:
        lines = "".join(f"    {each},\n" for each in every)
        head = f"async def {name}(\n{lines}) -> {returns}:"
    said = f'"""{sentence}"""' if "\n" in sentence else _docstring(sentence, "", 4)
    return f"@query\n{head}\n    {said}\n    ...\n"


def _literal(name: str, values: Sequence[str]) -> str:
    shown = [quoted(value) for value in values]
    line = f"{name} = Literal[{', '.join(shown)}]\n"
    lines = "".join(f"    {value},\n" for value in shown)
    return line if len(line) <= _WIDTH else f"{name} = Literal[\n{lines}]\n"


def _imports(plan: TablePlan, text: str) -> str:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for each in plan.fields:
        for module, name in each.type.imports:
            names[module].add(name)
    names["hangar_dal"] |= {"Executor", "Row", "RowCount"}
    names["typing"] |= {"Annotated", "Literal", "TypedDict", "Unpack"}
    names["pydantic"].add("Field")
    lines = {
        module: f"from {module} import {', '.join(sorted(used, key=str.lower))}"
        for module, of_module in names.items()
        if (used := {name for name in of_module if re.search(rf"\b{name}\b", text)})
    }
    standard = [lines[module] for module in sorted(lines) if module not in _OTHERS]
    others = [lines[module] for module in _OTHERS if module in lines]
    return "\n".join(_wrapped([*standard, "", *others] if standard else others))


def _wrapped(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        if len(line) <= _WIDTH:
            yield line
            continue
        head, _, names = line.partition(" import ")
        yield f"{head} import ("
        yield from (f"    {name}," for name in names.split(", "))
        yield ")"


def _docstring(sentence: str, comment: str, indent: int = 0) -> str:
    """Return the inside of a docstring, or a whole one if it is indented."""
    space = " " * indent
    text = sentence.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    if indent:
        if len(text) + indent + 6 <= _WIDTH:
            return f'"""{text}"""'
        first, *rest = re.split(r"(?<=\.) ", text, maxsplit=1)
        lines = [line for part in rest for line in wrap(part, _WIDTH - indent)]
        return "\n".join([f'"""{first}', "", *(f"{space}{line}" for line in lines), f'{space}"""'])
    said = comment.replace("\\", "\\\\").replace('"', r"\"")
    lines = [line for part in said.splitlines()[:_MOST_LINES] for line in wrap(part, _WIDTH) or [""]]
    return "\n".join([text, "", *lines, ""]) if any(lines) else text


def _words(name: str) -> str:
    return name.replace("_", " ")


def _article(words: str) -> str:
    return "An" if words[0] in "aeiou" else "A"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]
