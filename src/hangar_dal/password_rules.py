"""Password rules: long enough, and not among the passwords that an attacker tries first.

The length follows NIST SP 800-63B revision 4 (2025): 15 characters if the password is the only factor, as in
`authenticate`; 8 with a second factor. There are no rules about kinds of characters, which the same standard forbids.
zxcvbn estimates the strength.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.resources import files
from typing import Final

from pydantic import SecretStr

from hangar_dal.errors import InvalidValue, WeakPassword, raise_alone
from hangar_dal.extras import needing
from hangar_dal.values import check_text

with needing("accounts"):
    from zxcvbn_rs_py import Entropy, zxcvbn
    from zxcvbn_rs_py import Warning as Weakness

MIN_CHARACTERS: Final = 15
MIN_CHARACTERS_WITH_SECOND_FACTOR: Final = 8
MAX_CHARACTERS: Final = 256
MAX_BYTES: Final = 1024

# Decimal logarithms of the number of guesses that zxcvbn estimates. An attacker who has the hashes can try 10^8
# passwords, even with argon2id. If a second factor is required, each guess is a request to the server, and 10^6
# requests are too many.
MIN_GUESSES: Final = 10.0
MIN_GUESSES_WITH_SECOND_FACTOR: Final = 6.0

# zxcvbn tries every combination of what these characters may stand for, and its time grows with the square of the
# length: 100 chosen characters take it five seconds, during which no other thread runs. One character for each group,
# and fewer characters, keep it below 50 ms.
_ALIKE: Final = str.maketrans("@!|$+", "41157")
_ESTIMATED_CHARACTERS: Final = 48

_ADVICE: Final = "; use four or more unrelated words"
_REASONS: Final = (
    (Weakness.StraightRowsOfKeysAreEasyToGuess, "it follows the rows of a keyboard"),
    (Weakness.ShortKeyboardPatternsAreEasyToGuess, "it follows the rows of a keyboard"),
    (Weakness.RepeatsLikeAaaAreEasyToGuess, "it repeats a character"),
    (Weakness.RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess, "it repeats a few characters"),
    (Weakness.SequencesLikeAbcAreEasyToGuess, "it is a sequence like abc or 6543"),
    (Weakness.RecentYearsAreEasyToGuess, "it is made of a year"),
    (Weakness.DatesAreOftenEasyToGuess, "it is made of a date"),
    (Weakness.NamesAndSurnamesByThemselvesAreEasyToGuess, "it is made of names"),
    (Weakness.CommonNamesAndSurnamesAreEasyToGuess, "it is made of names"),
    (Weakness.AWordByItselfIsEasyToGuess, "it is a single word"),
)


def normalised(password: SecretStr) -> str:
    """Return the password in NFKC, so that the same keys on another system give the same password.

    Raises `WeakPassword` if it is too long, before it is normalised.
    """
    text = password.get_secret_value()
    if len(text) <= MAX_CHARACTERS:
        text = unicodedata.normalize("NFKC", check_text("password", text))
        if len(text.encode()) <= MAX_BYTES:
            return text
    raise WeakPassword(f"the password must not be longer than {MAX_CHARACTERS} characters")


def check_secret(password: SecretStr) -> None:
    """Raise `InvalidValue` unless the password is a `SecretStr` with characters that can be stored."""
    if not isinstance(password, SecretStr):
        raise InvalidValue(f"password: expected SecretStr, got {type(password).__name__}")
    try:
        check_text("password", password.get_secret_value())
    except InvalidValue as error:
        raise_alone(error.with_traceback(None))  # deeper frames have the password in local variables


def check_length(password: SecretStr, minimum: int = MIN_CHARACTERS) -> None:
    """Raise `WeakPassword` if the password is too short or too long, and the errors of `check_secret`."""
    check_secret(password)
    try:
        is_short = len(normalised(password)) < minimum
    except InvalidValue as error:
        raise_alone(error.with_traceback(None))  # deeper frames have the password in local variables
    if is_short:
        raise WeakPassword(f"the password must have at least {minimum} characters")


def check_strength(password: SecretStr, context: Iterable[str | None], minimum: int) -> None:
    """Raise `WeakPassword`, with a message for the user, if the password is easy to guess.

    `context` contains known facts about the user: username, e-mail address, name. Takes a few milliseconds of CPU time.
    """
    check_length(password, minimum)
    text = normalised(password)
    folded = text.casefold()
    if folded in _common():
        raise WeakPassword("the password is among the most common ones; choose another")
    known = sorted(set(_parts(context)))
    if folded in known:
        raise WeakPassword("the password must not be the user's own name or address; choose another")
    least = MIN_GUESSES if minimum >= MIN_CHARACTERS else MIN_GUESSES_WITH_SECOND_FACTOR
    found = _estimate(text, known)
    if found.guesses_log10 >= least:
        return
    if known and _estimate(text, []).guesses_log10 >= least:
        raise WeakPassword("the password must not be built from the user's own name or address; choose another")
    raise WeakPassword(f"the password is easy to guess because {_reason(found)}{_ADVICE}")


def _reason(found: Entropy) -> str:
    if found.feedback is None or found.feedback.warning is None:
        return "it is too simple"
    warning = found.feedback.warning
    return next((reason for kind, reason in _REASONS if kind == warning), "it resembles common passwords")


def _estimate(text: str, known: list[str]) -> Entropy:
    """Return the estimated strength of a password's beginning. Further characters can only make it stronger."""
    return zxcvbn(text[:_ESTIMATED_CHARACTERS].translate(_ALIKE), [word.translate(_ALIKE) for word in known])


def _parts(context: Iterable[str | None]) -> Iterator[str]:
    """Yield each text about the user, folded, and its words: `ada`, `hangar` and `example` for `ada@hangar.example`."""
    for text in context:
        if text:
            encodable = text.encode(errors="replace").decode()  # a name with a lone surrogate is rejected later
            folded = unicodedata.normalize("NFKC", encodable).casefold()
            yield folded
            yield folded.partition("@")[0]
            yield from (word for word in re.findall(r"[^\W_]+", folded) if len(word) > 2)


@cache
def _common() -> frozenset[str]:
    text = (files("hangar_dal") / "common_passwords.txt").read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))
