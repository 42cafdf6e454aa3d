"""`totp`: the codes of RFC 6238, the steps at which they are accepted, and the URI for authenticator apps."""

from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from hangar_dal import totp

# Appendix B of RFC 6238, for SHA-1; the last six of its eight digits.
SECRET = b32encode(b"12345678901234567890").decode()
VECTORS = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize(("seconds", "code"), VECTORS.items(), ids=map(str, VECTORS))
def test_codes_are_those_of_the_rfc(seconds: int, code: str) -> None:
    now = datetime.fromtimestamp(seconds, UTC)
    assert totp.step_at(now) == seconds // 30
    assert totp.code_at(SECRET, seconds // 30) == code
    assert totp.matching_step(SECRET, code, now) == seconds // 30


def test_a_code_is_accepted_in_its_half_minute_and_in_those_beside_it() -> None:
    now = datetime(2030, 1, 2, 3, 4, 15, tzinfo=UTC)
    step = totp.step_at(now)
    code = totp.code_at(SECRET, step)
    for steps, matching in ((-2, None), (-1, step), (0, step), (1, step), (2, None)):
        assert totp.matching_step(SECRET, code, now + steps * totp.STEP) == matching
    start = now - timedelta(seconds=15)
    assert totp.matching_step(SECRET, code, start - totp.STEP) == step
    assert totp.matching_step(SECRET, code, start - totp.STEP - timedelta(microseconds=1)) is None
    assert totp.matching_step(SECRET, code, start + 2 * totp.STEP - timedelta(microseconds=1)) == step
    assert totp.matching_step(SECRET, code, start + 2 * totp.STEP) is None


@pytest.mark.parametrize(
    "code",
    ["", "28708", "2870820", "94287082", "28708\N{FULLWIDTH DIGIT TWO}", "28708\N{COMBINING ACUTE ACCENT}", "\0" * 6],
)
def test_text_that_is_no_code_matches_nothing(code: str) -> None:
    assert totp.matching_step(SECRET, code, datetime.fromtimestamp(59, UTC)) is None


@pytest.mark.parametrize("now", [datetime(1, 1, 1, tzinfo=UTC), datetime(1969, 12, 31, tzinfo=UTC)], ids=str)
def test_before_1970_no_code_matches(now: datetime) -> None:
    assert totp.matching_step(SECRET, "287082", now) is None


def test_secrets_have_160_bits_and_differ() -> None:
    made = [totp.new_secret() for _ in range(20)]
    assert len(set(made)) == 20
    assert {len(b32decode(one)) for one in made} == {20}


def test_the_uri_holds_what_an_app_needs() -> None:
    uri = totp.provisioning_uri(SECRET, account="ada@example.org", issuer="Häng & Ar").get_secret_value()
    assert "+" not in uri  # some apps do not read it as a space
    parts = urlsplit(uri)
    assert (parts.scheme, parts.netloc, parts.path) == ("otpauth", "totp", "/H%C3%A4ng%20%26%20Ar:ada%40example.org")
    assert parse_qs(parts.query) == {
        "secret": [SECRET],
        "issuer": ["Häng & Ar"],
        "algorithm": ["SHA1"],
        "digits": ["6"],
        "period": ["30"],
    }
