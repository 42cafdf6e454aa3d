"""Statements that write: what goes into a row, and into which. The same change in both twins."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise

from tests.check.mutations.application import Mutant, Texts
from tests.check.mutations.edits import Edit, Editor, block, misspelt, nullable, put, queries, sub, thinned, within
from tests.check.mutations.harmful_columns import kind_of

INSERTS = ("users.insert_user", "users.upsert_eve_user", "session_cookies.insert_session_cookie")
FILLED = ("eve_scopes", "status", "role", "is_test_user", "is_private", "metadata")  # by a default


def mutants(texts: Texts) -> Iterator[Mutant]:
    yield from _required(texts)
    yield from _lists(texts)
    yield from _swapped(texts)
    yield from _assigned(texts)
    yield from _texts_refused(texts)
    yield from _rows(texts)


def _required(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "leave out a required column", frozenset({"required-column"}))
    forgotten = Editor(texts, "forget a field of what is stored", frozenset({"field-unstored"}))
    for query in INSERTS:
        for name in _columns(block(texts, query)):
            optional = name in (*FILLED, *nullable(texts)) or name.startswith(("username", "email"))
            if not optional:
                yield from editor.both(f"without {name}", query, _without(name, name))
            elif query == "users.insert_user" and name != "hashed_password" and not name.endswith("_fold"):
                yield from forgotten.both(f"without {name}", query, _without(name, name))
    bulk = "session_cookies.insert_session_cookies"
    for name in ("user_id", "platform", "cookies", "expires_at", "created_at"):
        value = sub(rf"^    (json_extract\(value, '\$\.{name}'\)|entry\.{name}|.*AS {name}).*\n", "")
        last = sub(r",\n(FROM json)", r"\n\1")
        yield from editor.both(f"without {name}", bulk, sub(rf",\n    {name}(?=[,\n])", ""), value, last)


def _lists(texts: Texts) -> Iterator[Mutant]:
    rules = frozenset({"statement-refused", "column-missing"})
    editors = {name: Editor(texts, f"{name} of an INSERT", rules) for name in ("half", "misspell a column")}
    for query in INSERTS:
        names = _columns(block(texts, query))
        for name in names[1::4]:
            yield from editors["half"].both(f"{name} without its value", query, _without("", name))
            yield from editors["half"].both(f"no {name} for its value", query, _without(name, ""))
        for name in names[::5]:
            wrong = put(f"    {name}", f"    {misspelt(name)}", 1)
            yield from editors["misspell a column"].both(f"{misspelt(name)} for {name}", query, wrong)
        generated = put("    user_type,\n", "    is_active,\n", 1)
        yield from editors["misspell a column"].both("a generated column", query, generated)


def _swapped(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "swap two values of an INSERT", frozenset({"parameter-kind", "statement-refused"}))
    for query in INSERTS:
        values = re.findall(r"^    :(\w+),?$", block(texts, query), re.MULTILINE)
        pairs = [(one, two) for one, two in pairwise(values) if kind_named(one) != kind_named(two)]
        for one, two in pairs:
            yield from editor.both(f"{two} before {one}", query, sub(rf":{one},\n    :{two}\b", f":{two},\n    :{one}"))


def _assigned(texts: Texts) -> Iterator[Mutant]:
    kind = Editor(
        texts, "write to a column of another kind", frozenset({"parameter-kind", "kind-written", "statement-refused"})
    )
    null = Editor(texts, "write NULL to a column that is NOT NULL", frozenset({"none-refused"}))
    wrong = Editor(texts, "misspell a column that is written", frozenset({"statement-refused"}))
    made: list[Mutant] = []
    for query in queries(texts):
        text = block(texts, query)
        if "\nSET" not in text or "UPDATE" not in text:
            continue
        assignments = text.partition("\nSET")[2].partition("\nWHERE")[0]
        for name, value in re.findall(r"^(?:    | )(\w+) = ((?:CASE|:|excluded).*)", assignments, re.MULTILINE):
            other = "created_at" if kind_named(name) != "instant" else "display_name"
            target = rf"^(    |SET ){name} = "
            yield from kind.both(f"{other} for {name}", query, sub(target, rf"\1{other} = "))
            made += wrong.both(f"{misspelt(name)} for {name}", query, sub(target, rf"\1{misspelt(name)} = "))
            is_whole = not value.startswith("CASE") or "END" in value
            if name not in nullable(texts) and not name.startswith(("username", "email")) and is_whole:
                yield from null.both(
                    f"{name} = NULL", query, sub(rf"{target}(?:[^,(\n]|\([^)\n]*\))*", rf"\1{name} = NULL")
                )
    yield from thinned(made, 10)


def _texts_refused(texts: Texts) -> Iterator[Mutant]:
    editor = Editor(texts, "a text that the table refuses", frozenset({"value-refused"}))
    for old, new in (("'EVE_SSO'", "'EVE'"), ("'EVE_SSO'", "'eve_sso'"), ("'ACTIVE'", "'ACTIV'"), ("'ACTIVE'", "''")):
        yield from editor.both(f"{new} for {old}", "users.upsert_eve_user", put(old, new))
    for name, value in (("status", "'CLOSED'"), ("status", "'active'"), ("role", "'ROOT'"), ("role", "'user'")):
        kept = sub(rf"^    {name} = :{name},", f"    {name} = coalesce({value}, :{name}),")
        yield from editor.both(f"{value} for {name}", f"users.set_user_{name}", kept)
        filtered = sub(r"^WHERE id = :user_id", f"WHERE id = :user_id AND {name} <> {value}")
        yield from editor.both(f"{name} <> {value}", f"users.set_user_{name}", filtered)
    conflict = Editor(texts, "a conflict that no key makes", frozenset({"statement-refused"}))
    for target in ("display_name", "eve_character_id, id", "user_type", "eve_charakter_id"):
        instead = put("ON CONFLICT (eve_character_id)", f"ON CONFLICT ({target})")
        yield from conflict.both(target, "users.upsert_eve_user", instead)


def _rows(texts: Texts) -> Iterator[Mutant]:
    every = Editor(texts, "drop a WHERE", frozenset({"where-missing"}))
    clock = Editor(texts, "the database's own clock", frozenset({"clock"}))
    reads = Editor(texts, "a read that writes", frozenset({"read-writes"}))
    clocks: list[Mutant] = []
    for place, query in enumerate(queries(texts)):
        text = block(texts, query)
        if re.search(r"^(UPDATE|DELETE FROM) \w+$", text, re.MULTILINE):
            yield from every.both("all rows", query, sub(r"\nWHERE\b(?!.*ACTIVE)[^;]*?(?=\nRETURNING|;)", ""))
        name = ("CURRENT_TIMESTAMP", "current_date", "CURRENT_TIME")[place % 3]
        clocks += clock.both(name, query, sub(r":now\b", name))
        if query.partition(".")[2].startswith(("get_", "find_")) and "SELECT\n" in text:
            yield from reads.both("DELETE", query, _deleting)
    yield from thinned(clocks, 10)


def _deleting(text: str) -> str:
    found = re.search(r"^SELECT\n(.*?)\n(FROM \w+)\n(WHERE.*?)(?:\nORDER BY[^;]*)?;", text, re.MULTILINE | re.DOTALL)
    if found is None:  # it begins with another query, or joins tables
        return text
    return f"{text[: found.start()]}DELETE {found[2]}\n{found[3]}\nRETURNING\n{found[1]};{text[found.end() :]}"


def _columns(text: str) -> Sequence[str]:
    found = re.search(r"INSERT INTO \w+ \(\n(.*?)\n\)", text, re.DOTALL)
    return re.split(r",\s+", found[1].strip()) if found else ()


def _without(column: str, value: str) -> Edit:
    """An INSERT without this column, and without the value that stands for that one."""

    def change(text: str) -> str:
        names = _columns(text)
        edits = [within(r"INSERT INTO \w+ \(.*?\n\)", _unlisted(names.index(column)))] if column else []
        edits += [within(r"^VALUES \(.*?\n\)", _unlisted(names.index(value)))] if value else []
        for edit in edits:
            text = edit(text)
        return text

    return change


def _unlisted(place: int) -> Edit:
    def change(text: str) -> str:
        head, *items = text.removesuffix("\n)").split("\n")
        kept = [item.strip().rstrip(",") for at, item in enumerate(items) if at != place]
        return "\n".join(chain([head], [f"    {item}," for item in kept[:-1]], [f"    {kept[-1]}\n)"]))

    return change


def kind_named(name: str) -> str:
    return "instant" if name == "now" else kind_of(name)
