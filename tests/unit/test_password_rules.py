"""Which passwords may be chosen, and that asking is cheap whatever is asked."""

import time
import traceback
import unicodedata

import pytest
from pydantic import SecretStr

from hangar_dal import password_rules
from hangar_dal.errors import WeakPassword
from hangar_dal.password_rules import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MIN_CHARACTERS,
    MIN_CHARACTERS_WITH_SECOND_FACTOR,
    check_length,
    check_strength,
)


def wide(text: str) -> str:
    """The same ASCII letters as a Japanese keyboard may type them."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


CONTEXT = ["Anna-Lena.Example", "al@hangar.example", "long.local.part.x@hangar.example", "lone \ud800", None]
REFUSED = {
    "empty": ("", "at least 15"),
    "14 characters": ("aB3$" * 3 + "xy", "at least 15"),
    "14 characters in more bytes": (wide("k") * 3 + "wxyz.WXYZ-5", "at least 15"),
    "too many characters": ("x" * 5 + "y" * MAX_CHARACTERS, "longer"),
    "too many when normalised": ("\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}" * 200, "longer"),
    "common": ("1q2w3e4r5t6y7u8i9o0p", "most common"),
    "common, in capitals": ("1Q2W3E4R5T6Y7U8I9O0P", "most common"),
    "common, in wide letters": (wide("ManchesterUnited"), "most common"),
    "common, though it is long and mixed": ("KartoffelPuffer", "most common"),
    "common, and ends as it begins": ("12345678987654321", "most common"),
    "a common one with digits": ("password1234567", "resembles common passwords"),
    "a common one in symbols": ("p@$$w0rd1234567", "resembles common passwords"),
    "a common one in capitals, and an exclamation mark": ("Password1234567!", "resembles common passwords"),
    "a common one, twice": ("passwordpassword", "repeats"),
    "a common one, once and a half": ("sunshinesunshin", "resembles common passwords"),
    "a common one, backwards": ("7654321drowssap", "resembles common passwords"),
    "one letter": ("a" * 20, "repeats a character"),
    "one letter and another": ("aaaaaaaaaaaaaab", "repeats a character|a sequence"),
    "one wide letter": (wide("a") * 15, "repeats a character"),
    "spaces": (" " * 20, "repeats a character"),
    "few letters": ("abc" * 6 + "a", "repeats a few characters"),
    "few letters of another script": ("\u0436\u0449" * 9, "repeats a few characters"),
    "few digits and letters": ("123qwe123qwe123qwe", "repeats a few characters"),
    "longer than what is estimated": ("ab" * 127, "repeats a few characters"),
    "letters in order": ("abcdefghijklmnop", "a sequence"),
    "letters in reverse order": ("zyxwvutsrqponmlk", "a sequence"),
    "letters of another script in order": ("".join(chr(0x430 + n) for n in range(16)), "a sequence"),
    "rows of keys": ("asdfghjkl;'zxcvbnm,./", "rows of a keyboard"),
    "a row of keys, with digits": ("qwertyuiop[]12345", "rows of a keyboard"),
    "rows of another keyboard": ("azertyuiopqsdfg", "too simple"),
    "a date": ("1999-11-20.1999", "easy to guess"),
    "first names": ("jenniferjonathan", "made of names"),
    "one long word": ("internationalization", "single word"),
    "the username": ("Anna-Lena.Example", "own name"),
    "the username in another case": ("anna-LENA.example", "own name"),
    "the username and more": ("Anna-Lena.Example!", "built from the user's own name"),
    "the username and a year": ("anna-lena.example2024", "built from the user's own name"),
    "the address": ("al@hangar.example", "own name"),
    "the part before the @": ("long.local.part.x", "own name"),
}
ACCEPTED = {
    "words": "correct horse battery staple",
    "words without spaces": "thequickbrownfoxjumps",
    "15 random characters": "aB3$xyq.Tz9;Lw2",
    "random digits": "8302975146209375",
    "another script": "пароль из пяти слов",
    "15 emoji": "🦉🐟🌲🌋🎻🧭🪐🍐🧵🗿🚪🔔🧊🎈🛶",
    "a common one inside another": "my password is passwordpassword",
    "as long as may be": "".join(chr(0x4E00 + n * 37) for n in range(MAX_CHARACTERS)),
}


@pytest.mark.parametrize(("password", "hint"), REFUSED.values(), ids=REFUSED)
def test_a_password_that_is_guessed_early_is_refused(password: str, hint: str) -> None:
    with pytest.raises(WeakPassword, match=hint) as caught:
        check_strength(SecretStr(password), CONTEXT, MIN_CHARACTERS)
    assert not password.strip() or password not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("password", ACCEPTED.values(), ids=ACCEPTED)
def test_other_passwords_are_accepted_whatever_their_characters(password: str) -> None:
    check_strength(SecretStr(password), ["Anna-Lena.Example", "", "@", None], MIN_CHARACTERS)


def test_a_message_says_what_to_do_instead() -> None:
    advice = r"^the password is easy to guess because .*; use four or more unrelated words$"
    for simple in ("password1234567", "aaaaaaaaaaaaaab", "azertyuiopqsdfg"):
        with pytest.raises(WeakPassword, match=advice):
            check_strength(SecretStr(simple), [], MIN_CHARACTERS)


def test_the_least_length_and_strength_may_be_lower_beside_a_second_factor() -> None:
    check_strength(SecretStr("kq7-vbx!"), [], MIN_CHARACTERS_WITH_SECOND_FACTOR)
    for weak, hint in (("iloveyou1", "most common"), ("iloveyou77", "resembles"), ("kq7-vbx", "at least 8")):
        with pytest.raises(WeakPassword, match=hint):
            check_strength(SecretStr(weak), [], MIN_CHARACTERS_WITH_SECOND_FACTOR)


def test_the_length_is_checked_by_itself_before_any_work() -> None:
    check_length(SecretStr("a" * MIN_CHARACTERS))
    for wrong in ("a" * (MIN_CHARACTERS - 1), "a" * (MAX_CHARACTERS + 1)):
        with pytest.raises(WeakPassword):
            check_length(SecretStr(wrong))


def test_no_password_takes_long_to_estimate() -> None:
    """Beside an ordinary one, not by the clock: without its bounds, one of these takes more than 40 times as long."""

    def worked(password: str) -> float:
        begin = time.process_time()
        for _ in range(5):
            password_rules._estimate(password, [])
        return time.process_time() - begin

    worked("warm")
    ordinary = worked("ordinary words in a sentence that ends here")
    for crafted in ("4@8({[</369&#!1/|0$5+7%2/" * 4, "p4({[<6917ssw0rd" * 16, "1.1.91" * 40, "password" * 32):
        assert worked(crafted) < 20 * ordinary


def test_the_list_holds_thousands_of_entries_that_can_match() -> None:
    common = password_rules._common()
    assert len(common) > 10_000
    for entry in common:
        assert entry == unicodedata.normalize("NFKC", entry).casefold()
        assert len(entry) >= MIN_CHARACTERS_WITH_SECOND_FACTOR or entry == ""
    assert sum(len(entry) >= MIN_CHARACTERS for entry in common) > 30


def test_a_password_in_bytes_is_bounded_too() -> None:
    assert MAX_BYTES == 4 * MAX_CHARACTERS
