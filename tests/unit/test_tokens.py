"""Tokens: random in every bit, hashed as SHA-256, and shown by no error."""

import base64
import hashlib
import traceback
from secrets import token_hex, token_urlsafe
from typing import Any

import pytest
from pydantic import SecretStr

from hangar_dal.errors import InvalidValue
from hangar_dal.tokens import MAX_TOKEN_CHARACTERS, new_token, token_hash
from tests.helpers import exception_contents
from tests.helpers.exception_contents import texts_in_frames


def bits(token: SecretStr) -> int:
    raw = base64.urlsafe_b64decode(f"{token.get_secret_value()}=")
    assert len(raw) == 32
    return int.from_bytes(raw)


def test_every_one_of_the_256_bits_of_a_token_is_random() -> None:
    made = [bits(new_token()) for _ in range(400)]
    assert len(set(made)) == len(made)
    for position in range(256):
        ones = sum(one >> position & 1 for one in made)
        assert 100 < ones < 300  # ten standard deviations


def test_a_token_can_be_put_into_a_url_or_a_header_as_it_is() -> None:
    text = "".join(new_token().get_secret_value() for _ in range(100))
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_token_hides_itself() -> None:
    token = new_token()
    assert token.get_secret_value() not in f"{token!r} {token!s}"


def test_the_hash_of_a_token_is_its_sha_256_in_hexadecimal_digits() -> None:
    # NIST's example of the algorithm.
    assert token_hash(SecretStr("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    token = new_token()
    assert token_hash(token) == hashlib.sha256(token.get_secret_value().encode()).hexdigest()


@pytest.mark.parametrize("length", [1, MAX_TOKEN_CHARACTERS])
def test_the_shortest_and_the_longest_token_are_hashed(length: int) -> None:
    assert len(token_hash(SecretStr("x" * length))) == 64


REFUSED: dict[str, str] = {
    "empty": "",
    "too long": "x" * (MAX_TOKEN_CHARACTERS + 1),
    "not ASCII": "\N{LATIN SMALL LETTER E WITH ACUTE}",
    "lone surrogate": "\udcff",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_text_that_cannot_be_a_token_is_refused_before_it_is_hashed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.delattr(hashlib, "sha256")
    with pytest.raises(InvalidValue, match=rf"^token: must be 1 to {MAX_TOKEN_CHARACTERS} ASCII characters$"):
        token_hash(SecretStr(text))


@pytest.mark.parametrize("text", [token_urlsafe(), None, b"bytes", 7], ids=["str", "None", "bytes", "int"])
def test_a_token_that_is_no_secret_is_refused(text: Any) -> None:
    with pytest.raises(InvalidValue, match=rf"^token: expected SecretStr, got {type(text).__name__}$"):
        token_hash(text)


@pytest.mark.parametrize("bad", ["\N{LATIN SMALL LETTER E WITH ACUTE}", "\udcff", "x" * MAX_TOKEN_CHARACTERS])
def test_an_error_about_a_token_does_not_show_it(bad: str) -> None:
    secret = token_hex()
    with pytest.raises(InvalidValue) as caught:
        token_hash(SecretStr(secret + bad))
    assert secret not in exception_contents.told(caught.value) + "".join(traceback.format_exception(caught.value))
    assert secret not in texts_in_frames(caught.value)
