"""Signatures: what a function takes and promises is no longer what its statements do."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence

from tests.check.mutations.application import Mutant, Texts, domains_of
from tests.check.mutations.edits import Edit, Editor, block, in_function, misspelt, put, thinned

OTHER = {
    "UUID": "str",
    "list[UUID]": "list[str]",
    "list[str]": "list[int]",
    "list[Sha256]": "list[bool]",
    "str": "int",
    "datetime": "str",
    "PageSize": "str",
    "BatchSize": "str",
    "int": "str",
    "bool": "str",
    "EveCharacterId": "str",
    "SealedCookies": "int",
    "NewUser": "User",
    "NewSessionCookie": "User",
    "list[NewSessionCookie]": "list[User]",
}
# What these are written to may be NULL.
TAKES_NULL = (
    *("hashed_password", "renewed", "eve_character_id", "character", "step", "lease_id", "lease_ends_at"),
    "last_error",
)
COUNTS = ("limit", "batch_size", "up_to", "answers")


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _arguments(texts)
    yield from _loosened(texts)
    yield from _results(texts)
    yield from _choices(texts)


def declared(texts: Texts, domain: str) -> dict[str, str]:
    """Each declared function's own text, by its name."""
    pattern = r"^@query\nasync def (\w+)\(.*?^    \.\.\.\n"
    return {each[1]: each[0] for each in re.finditer(pattern, texts[f"{domain}.py"], re.MULTILINE | re.DOTALL)}


def arguments(text: str) -> Sequence[tuple[str, str]]:
    """Each argument behind the database, and its annotation."""
    tree = _tree(text).args
    return [(each.arg, ast.unparse(each.annotation)) for each in (*tree.args[1:], *tree.kwonlyargs) if each.annotation]


def on_argument(name: str, change: Callable[[ast.arg], object]) -> Edit:
    """The function whose argument is changed."""

    def edit(text: str) -> str:
        tree = _tree(text)
        change(next(each for each in (*tree.args.args, *tree.args.kwonlyargs) if each.arg == name))
        return f"{ast.unparse(tree)}\n"

    return edit


def annotated(name: str, annotation: str) -> Edit:
    """The function whose argument is of another type."""
    return on_argument(name, lambda found: setattr(found, "annotation", ast.parse(annotation, mode="eval").body))


def _tree(text: str) -> ast.AsyncFunctionDef:
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.AsyncFunctionDef)
    return tree


def _without(name: str) -> Edit:
    def edit(text: str) -> str:
        tree = _tree(text)
        names = [each.arg for each in tree.args.kwonlyargs]
        if name in names:
            del tree.args.kwonlyargs[names.index(name)], tree.args.kw_defaults[names.index(name)]
        tree.args.args = [each for each in tree.args.args if each.arg != name]
        return f"{ast.unparse(tree)}\n"

    return edit


def _arguments(texts: Texts) -> Iterator[Mutant]:
    def editor(kind: str, rules: str) -> Editor:
        return Editor(texts, kind, frozenset(rules.split()))

    renamed = editor("rename an argument", "parameter-unknown when-condition")
    gone = editor("drop an argument", "parameter-unknown when-condition")
    more = editor("an argument that nothing uses", "argument-unused")
    kind = editor("change the type of an argument", "parameter-kind parameter-unknown json-field when-condition")
    bare = editor("an argument without its type", "signature")
    models = {name for text in texts.values() for name in re.findall(r"^class (\w+)\((?!StrEnum)", text, re.MULTILINE)}
    made: tuple[list[Mutant], ...] = ([], [], [], [], [])
    for domain in domains_of(texts):
        at = [f"{domain}.py"]
        for function, text in declared(texts, domain).items():
            for name, annotation in arguments(text):
                if name == "now":  # without it, the database's clock gives :now
                    continue
                title, plain = f"{function}: {name}", annotation.removesuffix(" | None")
                optional = annotation.removeprefix(plain)
                other = "NewSessionCookie" if plain == "User" and domain != "users" else OTHER.get(plain, "bool")
                edits = (
                    (renamed, on_argument(name, lambda found: setattr(found, "arg", misspelt(found.arg)))),
                    (gone, _without(name)),
                    (bare, on_argument(name, lambda found: setattr(found, "annotation", None))),
                )
                for place, (of_kind, edit) in enumerate(edits):
                    # The name of a model says nothing: its fields are the parameters.
                    if of_kind is not renamed or plain not in models:
                        made[place].extend(of_kind.files(title, at, in_function(function, edit)))
                wrong = in_function(function, annotated(name, f"{other}{optional}"))
                made[3].extend(kind.files(f"{title} as {other}", at, wrong))
            added = in_function(function, put("db: Executor", "db: Executor, also: int", 1))
            made[4].extend(more.files(function, at, added))
    for every, most in zip(made, (16, 16, 6, 36, 8), strict=True):
        yield from thinned(every, most)


def _loosened(texts: Texts) -> Iterator[Mutant]:
    """Of ACCOUNTS alone: most queries of the others compare their arguments in subqueries, where NULL may be meant."""
    if "users.py" not in texts:
        return
    rules = frozenset({"none-refused", "none-compared", "parameter-unknown", "parameter-unfit"})
    bounded = Editor(texts, "a limit without its least value", frozenset({"meaning-differs"}))
    yield from bounded.files("list_users: limit", ["users.py"], in_function("list_users", annotated("limit", "int")))
    editor = Editor(texts, "add `| None` to an argument", rules)
    made: list[Mutant] = []
    for domain in domains_of(texts):
        for function, text in declared(texts, domain).items():
            for name, annotation in arguments(text):
                # NULL for LIMIT, for a list or for a column that takes it is a matter of taste.
                taken = name in (*TAKES_NULL, *COUNTS, "order") or name.endswith("ids")
                if not taken and "None" not in annotation and not annotation.startswith("list["):
                    edit = in_function(function, annotated(name, f"{annotation} | None"))
                    made += editor.files(f"{function}: {name}", [f"{domain}.py"], edit)
    yield from made


def _results(texts: Texts) -> Iterator[Mutant]:
    rules = "column-missing column-extra column-kind list-unordered row-ordered count-of-read returning-missing"
    rules += " row-skipped row-unkeyed"
    result = Editor(texts, "change what comes back", frozenset(rules.split()))
    missing = Editor(texts, "a result without its type", frozenset({"signature"}))
    shape = Editor(texts, "`def` for `async def`", frozenset({"signature"}))
    name = Editor(texts, "rename a function", frozenset({"block-missing"}))
    silent = Editor(texts, "declare no more", frozenset({"block-undeclared"}))
    made: list[Mutant] = []
    for domain in domains_of(texts):
        at = [f"{domain}.py"]
        for place, (function, text) in enumerate(declared(texts, domain).items()):
            found = re.search(r"-> (.+):\n", text)
            assert found is not None
            for other in _results_for(found[1], text):
                edit = in_function(function, put(found[0], f"-> {other}:\n"))
                made += result.files(f"{function} -> {other}", at, edit)
            if place % 4 == 0:
                yield from missing.files(function, at, in_function(function, put(f" {found[0]}", ":\n")))
                yield from shape.files(function, at, in_function(function, put("async def", "def")))
                renamed = put(f"def {function}", f"def {function}_now")
                yield from name.files(function, at, in_function(function, renamed))
                yield from silent.files(function, at, in_function(function, put("@query\n", "")))
    yield from thinned(made, 36)


def _results_for(annotation: str, text: str) -> Sequence[str]:
    reads = not re.search(r"def (insert|set|update|upsert|touch|delete|renew)_", text)
    if annotation == "RowCount":
        return ("int", "UUID")
    if annotation == "int":
        return ("str", "RowCount")
    if annotation.startswith("list["):
        return (annotation[5:-1], "list[UUID]")
    if annotation.startswith("User") and reads:
        return ("list[User]", "RowCount", "str")
    return ("bool", "UUID | None")


def _choices(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "change a Literal", frozenset({"when-missing", "when-condition"}))
    for new in (
        'Literal["newest", "oldest", "name", "email"]',
        'Literal["newest", "oldest"]',
        'Literal["newest", "oldest", "nmae"]',
        'Literal["newest"]',
        'Literal["Newest", "oldest", "name"]',
        "str",
    ):
        edit = put('Literal["newest", "oldest", "name"]', new)
        yield from editor.files(new, ["users.py"], in_function("list_users", edit))
    never = Editor(texts, "an optional line whose argument is never None", frozenset({"when-condition"}))
    for domain in domains_of(texts):
        for function, text in declared(texts, domain).items():
            for name, annotation in arguments(text):
                has_arm = re.search(rf"-- when (?:.*, )?{name}\b", block(texts, f"{domain}.{function}"))
                if annotation.endswith(" | None") and has_arm:
                    tight = in_function(function, annotated(name, annotation.removesuffix(" | None")))
                    yield from never.files(f"{domain}.{function}: {name}", [f"{domain}.py"], tight)
