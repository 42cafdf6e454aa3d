"""E-mail addresses: what is accepted, how it is kept, and the key under which spellings are equal."""

import unicodedata
from typing import Annotated

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from hangar_dal import EmailAddress
from hangar_dal.emails import MAX_CHARACTERS, fold_email, is_email
from hangar_dal.errors import InvalidValue
from hangar_dal.unicode14 import invisible, unassigned

KEPT = {
    "ASCII": ("Mara@Example.ORG", "Mara@example.org"),
    "A-labels": ("mara@b\u00fccher.example", "mara@xn--bcher-kva.example"),
    "sharp s": ("mara@fa\u00df.de", "mara@xn--fa-hia.de"),
    "capital sharp s": ("mara@FA\u1e9e.de", "mara@xn--fa-hia.de"),
    "capital sigma at the end of a label": ("x@\u039f\u03a3.gr", "x@xn--0xai.gr"),
    "capital sigma at the end": ("x@gr.\u039f\u03a3", "x@gr.xn--0xai"),
    "decomposed": ("jose\u0301@e\u0301.fr", "jos\u00e9@xn--9ca.fr"),
    "no dot": ("root@localhost", "root@localhost"),
    "signs": ("a.b+c'd!#$%&*/=?^_`{|}~-@x.example", "a.b+c'd!#$%&*/=?^_`{|}~-@x.example"),
    "as long as may be": ("x" * 252 + "@x", "x" * 252 + "@x"),
    "as long as may be in A-labels": (f"{'x' * 238}@\u00fc.example", f"{'x' * 238}@xn--tda.example"),
}
REFUSED = {
    "empty": "",
    "no @": "mara",
    "nothing before": "@example.org",
    "nothing after": "mara@",
    "two": "mara@mara@example.org",
    "circled": "mara@g\u24dcail.com",
    "wide": "mara@\uff47mail.com",
    "wide in the local part": "\uff4dara@gmail.com",
    "kelvin sign, which is a K in every normal form": "mar\u212a@example.org",
    "ligature": "\ufb01n@example.org",
    "wide full stop": "mara@example\uff0eorg",
    "small commercial at": "mara\ufe6bexample.org",
    "space": "ma ra@example.org",
    "no-break space": "ma\u00a0ra@example.org",
    "control": "ma\x1fra@example.org",
    "NUL": "ma\0ra@example.org",
    "soft hyphen, which the mapping drops": "mara@exam\u00adple.org",
    "zero width joiner": "ma\u200dra@example.org",
    "filler": "ma\u3164ra@example.org",
    "right to left override": "\u202emara@example.org",
    "lone surrogate": "ma\ud800ra@example.org",
    "newer than Unicode 14": "mara\U0001fae8@example.org",
    "dot at the end": "mara@example.org.",
    "empty label": "mara@example..org",
    "underscore": "mara@exam_ple.org",
    "hyphen first": "mara@-example.org",
    "emoji domain": "mara@\u2764.ws",
    "broken A-label": "mara@xn--abc.de",
    "A-label of what IDNA refuses": "mara@xn--ls8h.la",
    "long label": f"mara@{'x' * 64}.org",
    "too long": f"mara@{'x.' * 130}org",
    "too long in A-labels": f"{'x' * 239}@\u00fc.example",
}


# All but the ideographs, which are tens of thousands of the same kind.
POINTS = (*range(0x80, 0x3400), *range(0xA000, 0xAC00), *range(0xF900, 0x20000), *range(0x2F800, 0x2FA20))
CHARACTERS = [chr(point) for point in (*POINTS, *range(0xE0000, 0xE0200))]


class Account(BaseModel):
    email: Annotated[str, EmailAddress]


@pytest.mark.parametrize(("given", "kept"), KEPT.values(), ids=KEPT)
def test_an_address_is_kept_with_its_domain_in_a_labels(given: str, kept: str) -> None:
    assert Account(email=given).email == kept
    assert Account(email=kept).email == kept
    assert fold_email("email", given) == fold_email("email", kept)
    assert is_email(given)


@pytest.mark.parametrize("given", REFUSED.values(), ids=REFUSED)
def test_what_is_no_address_is_refused_and_not_repeated(given: str) -> None:
    assert not is_email(given)
    with pytest.raises(InvalidValue, match=r"^email: ") as caught:
        fold_email("email", given)
    assert not given or given not in str(caught.value)
    with pytest.raises(ValidationError):
        Account(email=given)


@pytest.mark.parametrize("given", ["mara@mara@example.org", "mara@", "@example.org", "mara"])
def test_what_does_not_have_two_parts_is_told_that_it_needs_one_at_sign(given: str) -> None:
    with pytest.raises(InvalidValue, match="needs one @"):
        fold_email("email", given)


@pytest.mark.parametrize(
    ("one", "two"),
    [("mara@fa\u00df.de", "mara@fass.de"), ("mara@\u0131.example", "mara@i.example")],
    ids=["sharp s", "dotless i"],
)
def test_two_domains_have_two_keys(one: str, two: str) -> None:
    assert fold_email("email", one) != fold_email("email", two)


def test_an_ascii_address_has_its_lower_case_as_key() -> None:
    assert fold_email("email", "MARA@Example.ORG") == "mara@example.org"  # as the table's CHECK wants it


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_key_is_its_own_key_and_ignores_case_and_normal_form(local: str) -> None:
    address = f"{local}@x.example"
    if is_email(address):
        key = fold_email("email", address)
        assert fold_email("email", unicodedata.normalize("NFD", address)) == key
        if is_email(key):
            assert fold_email("email", key) == key


def test_every_character_has_one_key_that_stays() -> None:
    for character in CHARACTERS:
        if unassigned().match(character) or invisible().match(character):
            continue
        if unicodedata.normalize("NFKC", character) != character:
            assert not is_email(f"a{character}@x")
            continue
        key = fold_email("email", f"a{character}@x")
        assert fold_email("email", key) == key


def test_the_longest_address_is_checked_in_little_time() -> None:
    """254 characters go in at most: what is longer is refused before it is read, and whatever else is wrong with it."""
    assert MAX_CHARACTERS == 254
    for crafted in ("\u0661" * 250, "\u05d0\u0300" * 120, "xn--" + "9" * 59 + ".xn--" + "9" * 59):
        with pytest.raises(InvalidValue, match=r"more than 254 characters$"):
            fold_email("email", f"x@{crafted}" * 40_000)


def test_no_character_beyond_ascii_stands_for_an_ascii_letter_of_a_domain() -> None:
    for character in CHARACTERS:
        if _mapped(character).isascii() and character != "\N{IDEOGRAPHIC FULL STOP}":
            assert not is_email(f"x@a{character}b.example")


def _mapped(character: str) -> str:
    try:
        return idna.uts46_remap(character, std3_rules=False, transitional=False)
    except idna.IDNAError:
        return character


def test_no_character_beyond_ascii_is_an_ascii_letter_of_the_local_part_but_by_its_case() -> None:
    found = set()
    for character in CHARACTERS:
        address = f"a{character}b@x.example"
        if is_email(address) and fold_email("email", address).isascii():
            found.add(character)
    assert found == {"\u00df", "\u1e9e"}  # both are `ss` whatever the case
