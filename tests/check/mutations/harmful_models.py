"""Models: the fields of what comes back and of what is stored, Enums, folds and seals."""

import re
from collections.abc import Iterator, Sequence

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Edit, Editor, in_class, misspelt, put, sub

ROWS = (("users", "User"), ("users", "Login"), ("session_cookies", "SessionCookie"))
STORED = (("users", "NewUser"), ("session_cookies", "NewSessionCookie"))
ENUMS = {
    "UserType": ("EVE_SSO", "LOCAL"),
    "UserStatus": ("ACTIVE", "INACTIVE", "SUSPENDED", "DELETED"),
    "UserRole": ("USER", "MODERATOR", "ADMIN"),
}
OTHER = {
    "UUID": "str",
    "datetime": "str",
    "bool": "datetime",
    "int": "str",
    "EveCharacterId": "str",
    "list[str]": "list[int]",
    "JsonObject": "str",
    "SealedCookies": "int",
}


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _fields(texts)
    yield from _stored(texts)
    yield from _changes(texts)
    yield from _folds(texts)
    yield from _enums(texts)
    yield from _seals(texts)


def fields(texts: Texts, domain: str, name: str) -> Sequence[tuple[str, str]]:
    """Each field of a class in order, and its annotation with what stands behind it."""
    pattern = rf"^class {name}\(.*?(?=^\S|\Z)"
    found = re.search(pattern, texts[f"models/{domain}.py"], re.MULTILINE | re.DOTALL)
    assert found is not None
    return re.findall(r"^    (\w+): (.*)$", found[0], re.MULTILINE)


def in_field(model: str, name: str, annotation: str, new: str) -> Edit:
    """The class with other text for one field."""
    return in_class(model, put(f"    {name}: {annotation}\n", new))


def _other(annotation: str) -> str:
    kind, equals, rest = annotation.partition(" = ")
    plain = kind.removesuffix(" | None")
    return f"{OTHER.get(plain, 'int')}{kind.removeprefix(plain)}{equals}{rest}"


def _fields(texts: Texts) -> Iterator[Mutant]:
    def editor(kind: str, rules: str) -> Editor:
        return Editor(texts, kind, frozenset(rules.split()))

    gone = editor("drop a field", "column-extra signature")
    renamed = editor("rename a field", "column-missing signature")
    kind = editor("change the type of a field", "column-kind")
    loose = editor("add `| None` to a field", "null-needless signature")
    tight = editor("remove `| None` from a field", "null-refused")
    swap = editor("swap two fields", "column-order signature")
    more = editor("a field that no column fills", "column-missing")
    for domain, model in ROWS:
        at, every = [f"models/{domain}.py"], fields(texts, domain, model)
        last = f"    {every[-1][0]}: {every[-1][1]}\n"
        for new in ("note: str | None", "score: int"):
            yield from more.files(f"{model}.{new}", at, in_class(model, put(last, f"{last}    {new}\n")))
        for place, (name, annotation) in enumerate(every):
            title, plain = f"{model}.{name}", annotation.partition(" = ")[0]
            nullable = " | None" in plain
            opposite = plain.replace(" | None", "", 1) if nullable else f"{plain} | None"
            put_none = f"    {name}: {opposite}{annotation.removeprefix(plain)}\n"
            null = tight if nullable else loose
            if place % 2 == 0 or model != "User":
                yield from gone.files(title, at, in_field(model, name, annotation, ""))
                yield from null.files(title, at, in_field(model, name, annotation, put_none))
            if place % 2 == 1 or model != "User":
                new = f"    {misspelt(name)}: {annotation}\n"
                yield from renamed.files(title, at, in_field(model, name, annotation, new))
            if place + 1 < len(every) and place % 2 == 0:
                behind = f"    {every[place + 1][0]}: {every[place + 1][1]}\n"
                line = f"    {name}: {annotation}\n"
                yield from swap.files(title, at, in_class(model, put(line + behind, behind + line)))
            new = f"    {name}: {_other(annotation)}\n"
            yield from kind.files(f"{title} as {_other(plain)}", at, in_field(model, name, annotation, new))


def _stored(texts: Texts) -> Iterator[Mutant]:
    """Models that are written."""
    rules = frozenset({"parameter-unknown", "parameter-unfit", "json-field", "signature"})
    renamed = Editor(texts, "rename a field that is stored", rules)
    kind = Editor(texts, "change the type of a stored field", rules | {"parameter-kind"})
    for domain, model in STORED:
        at = [f"models/{domain}.py"]
        for name, annotation in fields(texts, domain, model):
            if name == "password":  # its hash is stored, and it never is
                continue
            new = f"    {misspelt(name)}: {annotation}\n"
            yield from renamed.files(f"{model}.{name}", at, in_field(model, name, annotation, new))
            new = f"    {name}: {_other(annotation)}\n"
            title = f"{model}.{name} as {_other(annotation.partition(' = ')[0])}"
            yield from kind.files(title, at, in_field(model, name, annotation, new))


def _changes(texts: Texts) -> Iterator[Mutant]:
    rules = {"parameter-unknown", "parameter-kind", "none-refused", "argument-unused", "signature"}
    editor = Editor(texts, "what an update may change", frozenset(rules))
    at = ["models/users.py"]
    for name, annotation in fields(texts, "users", "UserChanges"):
        edits = {
            "gone": "",
            "renamed": f"    {misspelt(name)}: {annotation}\n",
            "one more": f"    {name}: {annotation}\n    {name}s: str\n",
            "another type": f"    {name}: {_other(annotation)}\n",
        }
        if name not in ("username", "email", "phone_number"):
            edits["or None"] = f"    {name}: {annotation} | None\n"
        for title, new in edits.items():
            yield from editor.files(f"{name}: {title}", at, in_field("UserChanges", name, annotation, new))
    whole = put("UserChanges(TypedDict, total=False)", "UserChanges(TypedDict)")
    yield from editor.files("all of it needed", at, whole)


def _folds(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a text that no longer folds", frozenset({"parameter-unknown"}))
    for name in ("Username", "Email", "DisplayName"):
        edit = sub(rf"^({name} = Annotated\[\s*str,\s*)(CaseInsensitive|EmailAddress)", r"\1StringConstraints()")
        yield from editor.files(name, ["models/users.py"], edit)
    edit = put("Annotated[str, CaseInsensitive,", "Annotated[str,")
    yield from editor.files("Lookup", ["users.py"], edit)


def _enums(texts: Texts) -> Iterator[Mutant]:
    gone = Editor(texts, "drop a value of an Enum", frozenset({"value-unreadable"}))
    wrong = Editor(texts, "change a value of an Enum", frozenset({"value-unreadable", "value-refused"}))
    more = Editor(texts, "a value that the table refuses", frozenset({"value-refused"}))
    at = ["models/users.py"]
    for name, values in ENUMS.items():
        for value in values:
            line = f'    {value} = "{value}"\n'
            # What else names the member names another, so that the module can be imported.
            another = next(each for each in values if each != value)
            named = sub(rf"{name}\.{value}\b", f"{name}.{another}", 0)
            yield from gone.files(f"{name}.{value}", at, in_class(name, put(line, "")), named)
            lower = in_class(name, put(line, f'    {value} = "{value.lower()}"\n'))
            yield from wrong.files(f"{name}.{value} in lower case", at, lower)
        line = f'    {values[0]} = "{values[0]}"\n'
        added = in_class(name, put(line, f'{line}    GUEST = "GUEST"\n'))
        yield from more.files(f"{name}.GUEST", at, added)


def _seals(texts: Texts) -> Iterator[Mutant]:
    rules = frozenset({"signature", "parameter-unfit"})
    bound = Editor(texts, "change what a value is sealed to", rules)
    at, old = ["models/session_cookies.py"], 'bind=("id", "user_id", "platform")'
    for new in (
        '"id", "user_id", "platfrom"',
        '"id", "user_id", "expires_at"',
        '"id", "user_id", "created_at"',
        '"id", "user_id", "cookies"',
        '"session_id",',
        '"id", "username"',
    ):
        yield from bound.files(new, at, put(old, f"bind=({new})"))
    clear = Editor(texts, "a value that is no longer sealed", frozenset({"parameter-kind", "column-kind"}))
    yield from clear.files("cookies", at, sub(r'^    Sealed\("session_cookies".*\n', '    "in clear",\n'))
    place = Editor(texts, "another table or column for a seal", frozenset({"sealed-elsewhere"}))
    for new in ('"session_cookie", "cookies"', '"session_cookies", "cookie"'):
        yield from place.files(new, at, put('"session_cookies", "cookies"', new))
