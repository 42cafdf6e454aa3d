"""Sealing: a value opens only unaltered, in its own place, with its own key; and no message shows it."""

import copy
import pickle
import traceback
from base64 import b64encode
from secrets import token_bytes, token_hex

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from hangar_dal.errors import HangarError, InvalidValue, SealError, SettingsError
from hangar_dal.sealing import MAX_PLAINTEXT, Keyring, new_key, parse_keys

KEYS = [new_key(), new_key()]
RING = parse_keys(",".join(KEYS))
PLACE = {"table": "session_cookies", "column": "cookies", "bound": ("id", "user", "platform")}


def keys(*ids: str) -> str:
    return ",".join(f"{key_id}:{b64encode(token_bytes(32)).decode()}" for key_id in ids)


def refusal(error: type[HangarError], action, *args, **values) -> str:
    """All that a caller could print of the error."""
    with pytest.raises(error) as caught:
        action(*args, **values)
    return f"{caught.value!r} {''.join(traceback.format_exception(caught.value))}"


@given(plaintext=st.binary(max_size=300), bound=st.lists(st.text(), max_size=3))
@example(plaintext=b"", bound=["\ud800"])
def test_what_is_sealed_opens_in_the_same_place(plaintext: bytes, bound: list[str]) -> None:
    text = RING.seal(plaintext, table="t", column="c", bound=bound)
    assert RING.unseal(text, table="t", column="c", bound=bound) == plaintext


def test_the_text_has_a_format_a_key_id_and_base64() -> None:
    text = RING.seal(b"value", **PLACE)
    version, key_id, body = text.split(".")
    assert (version, key_id) == ("v1", RING.ids[0])
    assert len(body) == len(b64encode(bytes(12 + len(b"value") + 16)))
    assert text.isascii()


def test_the_same_value_is_never_sealed_alike() -> None:
    assert len({RING.seal(b"value", **PLACE) for _ in range(1000)}) == 1000


@given(data=st.data(), plaintext=st.binary(max_size=40))
def test_no_character_of_a_sealed_text_may_change(data: st.DataObject, plaintext: bytes) -> None:
    text = RING.seal(plaintext, **PLACE)
    position = data.draw(st.integers(0, len(text) - 1))
    character = data.draw(st.characters())
    assume(character != text[position])
    altered = text[:position] + character + text[position + 1 :]
    refusal(SealError, RING.unseal, altered, **PLACE)


def test_no_character_may_become_any_other_of_the_alphabet() -> None:
    """Nor may one be put in. The unused bits of the last letter, and what base64 readers skip, are no way in."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=.\n "
    for size in (0, 1, 2):
        text = RING.seal(bytes(size), **PLACE)
        for position in range(len(text)):
            for new in alphabet:
                before, after = text[:position], text[position:]
                for altered in {before + new + after, before + new + after[1:]} - {text}:
                    with pytest.raises(SealError):
                        RING.unseal(altered, **PLACE)


def test_no_sealed_text_may_be_cut_or_continued() -> None:
    text = RING.seal(b"value", **PLACE)
    for cut in range(len(text)):
        refusal(SealError, RING.unseal, text[:cut], **PLACE)
    for more in ("A", "=", "AAAA", "\n", " ", "\0", ".", "é"):
        refusal(SealError, RING.unseal, text + more, **PLACE)
        refusal(SealError, RING.unseal, more + text, **PLACE)


places = st.tuples(st.text(max_size=3), st.text(max_size=3), st.lists(st.text(max_size=3), max_size=3))


@given(here=places, there=places)
@example(here=("a", "b", ["c"]), there=("b", "a", ["c"]))
@example(here=("t", "c", ["a", "b"]), there=("t", "c", ["b", "a"]))
@example(here=("t", "c", ["ab", "c"]), there=("t", "c", ["a", "bc"]))
@example(here=("t", "c", ["a", ""]), there=("t", "c", ["a"]))
@example(here=("tc", "", []), there=("t", "c", []))
@example(here=("t", "c", ["a"]), there=("t", "c", []))
def test_a_sealed_value_opens_nowhere_else(here: tuple[str, str, list[str]], there: tuple[str, str, list[str]]) -> None:
    assume(here != there)
    text = RING.seal(b"value", table=here[0], column=here[1], bound=here[2])
    refusal(SealError, RING.unseal, text, table=there[0], column=there[1], bound=there[2])


def test_a_sealed_value_opens_under_no_other_key_id() -> None:
    """The header is part of what is authenticated: the same key under another id does not open it."""
    entry = keys("a").partition(":")[2]
    ring = parse_keys(f"a:{entry},b:{entry}")
    text = ring.seal(b"value", **PLACE)
    refusal(SealError, ring.unseal, text.replace("v1.a.", "v1.b."), **PLACE)


@pytest.mark.parametrize(
    "text", ["", "v1", "v1.", "v1..", "v2.a.AAAA", "V1.a.AAAA", "plain text", "v1.A.AAAA", "v1.é.AA"]
)
def test_a_text_that_was_never_sealed_is_refused(text: str) -> None:
    assert "not a sealed value" in refusal(SealError, RING.unseal, text, **PLACE)


def test_the_first_key_seals_and_all_open() -> None:
    old, new = new_key(), new_key()
    text = parse_keys(old).seal(b"value", **PLACE)
    both = parse_keys(f"{new},{old}")
    assert both.unseal(text, **PLACE) == b"value"
    assert both.seal(b"value", **PLACE).split(".")[1] == new.partition(":")[0]


def test_a_missing_key_is_named_with_the_variable_to_add_it_to() -> None:
    text = parse_keys(keys("winter-2026")).seal(b"value", **PLACE)
    message = refusal(SealError, RING.unseal, text, **PLACE)
    assert "winter-2026" in message
    assert "HANGAR_SEALING_KEYS" in message


def test_what_is_too_long_is_refused_before_any_work() -> None:
    assert RING.unseal(RING.seal(bytes(MAX_PLAINTEXT), **PLACE), **PLACE) == bytes(MAX_PLAINTEXT)
    assert str(MAX_PLAINTEXT) in refusal(InvalidValue, RING.seal, bytes(MAX_PLAINTEXT + 1), **PLACE)
    assert "longer than any" in refusal(SealError, RING.unseal, "v1.a." + "A" * 2 * MAX_PLAINTEXT, **PLACE)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{0}\n{1}", id="a line each"),
        pytest.param("{0},{1}", id="commas"),
        pytest.param(" {0} , {1},\n\n", id="space and a last comma"),
        pytest.param("# the new one\n{0} # since May\n# and the old\n{1}\n", id="comments"),
        pytest.param("{0}\r\n{1}\r\n", id="Windows lines"),
    ],
)
def test_keys_are_parted_by_commas_or_lines(text: str) -> None:
    assert parse_keys(text.format(*KEYS)).ids == RING.ids


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("", "there is no key", id="nothing"),
        pytest.param("# none", "there is no key", id="a comment"),
        pytest.param("{key}", "entry 1 is not of the form", id="no id"),
        pytest.param("a:", "entry 1 is not of the form", id="no key"),
        pytest.param("{good},a:{key}!", "entry 2 is not of the form", id="not base64"),
        pytest.param("A:{key}", "a key id is", id="a capital letter"),
        pytest.param("a.b:{key}", "a key id is", id="a dot"),
        pytest.param(":{key}", "a key id is", id="an empty id"),
        pytest.param("é:{key}", "a key id is", id="not ASCII"),
        pytest.param("a\u0661:{key}", "a key id is", id="a digit of another script"),
        pytest.param("{long}:{key}", "a key id is", id="a long id"),
        pytest.param("a:{key},a:{key}", "is defined twice", id="twice the same id"),
        pytest.param("a:{short}", "must be 32 bytes", id="a short key"),
        pytest.param("a:{key64}", "must be 32 bytes", id="a long key"),
    ],
)
def test_wrong_keys_are_refused_and_not_shown(text: str, hint: str) -> None:
    secret = token_bytes(64)
    parts = {
        "key": b64encode(secret[:32]).decode(),
        "short": b64encode(secret[:16]).decode(),
        "key64": b64encode(secret).decode(),
    }
    message = refusal(SettingsError, parse_keys, text.format(**parts, long="a" * 33, good=keys("good")))
    assert hint in message
    assert not any(part in message for part in parts.values())


def test_new_keys_are_entries_that_differ() -> None:
    entries = [new_key() for _ in range(100)]
    assert len(parse_keys("\n".join(entries)).ids) == 100
    assert len({entry.partition(":")[2] for entry in entries}) == 100


def test_a_keyring_shows_its_ids_only() -> None:
    assert str(RING) == repr(RING) == f"Keyring({', '.join(RING.ids)})"
    assert not hasattr(RING, "__dict__")


@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_keyring_does_not_leave_the_process(leave) -> None:
    with pytest.raises(TypeError, match="pickled"):
        leave(RING)


def test_no_refusal_shows_the_value_or_what_it_is_bound_to() -> None:
    secret, row = token_hex(), token_hex()
    place = PLACE | {"bound": (row,)}
    text = RING.seal(secret.encode(), **place)
    body = text.split(".")[2]
    messages = [
        refusal(SealError, RING.unseal, text, **PLACE),
        refusal(SealError, RING.unseal, text[:-8], **place),
        refusal(SealError, RING.unseal, f"v1.other.{body}", **place),
        refusal(SealError, RING.unseal, body, **place),
        refusal(SealError, RING.unseal, secret, **place),
        refusal(InvalidValue, RING.seal, secret.encode() * MAX_PLAINTEXT, **place),
    ]
    for message in messages:
        assert "session_cookies.cookies" in message
        assert not any(part in message for part in (secret, row, body))


def test_a_ring_needs_a_key() -> None:
    refusal(SettingsError, Keyring, [])
