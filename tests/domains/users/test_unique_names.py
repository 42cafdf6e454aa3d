"""Usernames and e-mail addresses are unique whatever their case, in any script; the error tells which was taken."""
# ruff: noqa: RUF001  (names in other scripts are the subject)

from itertools import combinations
from typing import Any

import pytest

from hangar_dal import Database, builders, users
from hangar_dal.errors import UniqueViolation

SAME = {
    "ascii": ("Pilot", "pILOT"),
    "sharp s": ("Straße", "STRASSE"),
    "capital sharp s": ("GROẞ", "gross"),
    "dotted capital i": ("İstanbul", "i\N{COMBINING DOT ABOVE}stanbul"),
    "final sigma": ("ΣΊΣΥΦΟΣ", "σίσυφος"),
    "full width": ("ＰＩＬＯＴ１", "pilot1"),
    "cyrillic": ("Ёжик", "ёЖИК"),
    "ligature": ("ﬁnn", "FINN"),
    "titlecase letter": ("ǅungla", "ǆUNGLA"),
    "compatibility sign": ("\N{KELVIN SIGN}im", "kIM"),
    "composed and not": ("Åsa", "a\N{COMBINING RING ABOVE}SA"),
    "beside an emoji": ("🚀Pilot", "🚀pilot"),
    "emoji alone": ("🚀🌌", "🚀🌌"),
    "beyond the first plane": ("𐐀𐐁", "𐐨𐐩"),
    "cherokee": ("ᎠᎡ", "ꭰꭱ"),
}
# These differ in compatibility, which a username ignores and an address must not have.
COMPATIBLE = {"full width", "ligature", "titlecase letter", "compatibility sign"}
SAME_ADDRESS = {name: spellings for name, spellings in SAME.items() if name not in COMPATIBLE}
SAME_DOMAIN = {
    "case": ("Example.org", "EXAMPLE.ORG"),
    "A-label": ("bücher.example", "xn--bcher-kva.example"),
    "A-label in capitals": ("BÜCHER.example", "XN--BCHER-KVA.example"),
    "composed and not": ("bu\N{COMBINING DIAERESIS}cher.example", "bücher.example"),
    "capital sharp s": ("STRAẞE.example", "straße.example"),
    "ideographic full stop": ("a\N{IDEOGRAPHIC FULL STOP}example", "a.example"),
}
OTHER_DOMAIN = {
    "sharp s": ("faß.de", "fass.de"),
    "final sigma": ("βόλος.com", "βόλοσ.com"),
    "dotless i": ("ı.example", "i.example"),
    "look-alikes of two scripts": ("apoc.example", "арос.example"),
}
OTHER = {
    "dotless i": ("ilk", "ılk"),
    "look-alikes of two scripts": ("apoc", "арос"),
    "accent": ("Jose", "José"),
    "emoji": ("🚀", "🛸"),
}


def taken(column: str) -> tuple[str, tuple[str, ...], str]:
    constraint = f"users_{column}{'_fold' if column in ('username', 'email') else ''}_key"
    return "users", (column,), constraint


def told(violation: UniqueViolation) -> tuple[str | None, tuple[str, ...], str | None]:
    return violation.table, violation.columns, violation.constraint


async def test_create_user_refuses_a_username_that_differs_in_case_only(database: Database) -> None:
    for one, two in SAME.values():
        await users.create_user(database, builders.user(username=one))
        with pytest.raises(UniqueViolation) as caught:
            await users.create_user(database, builders.user(username=two))
        assert told(caught.value) == taken("username")


async def test_create_user_refuses_an_address_that_differs_in_case_only(database: Database) -> None:
    for one, two in SAME_ADDRESS.values():
        await users.create_user(database, builders.user(email=f"{one}@Example.org"))
        with pytest.raises(UniqueViolation) as caught:
            await users.create_user(database, builders.user(email=f"{two}@eXAMPLE.org"))
        assert told(caught.value) == taken("email")


async def test_update_user_refuses_names_that_differ_in_case_only(database: Database) -> None:
    for one, two in SAME_ADDRESS.values():
        await users.create_user(database, builders.user(username=one, email=f"{one}@example.org"))
        rival = await users.create_user(database, builders.user())
        with pytest.raises(UniqueViolation) as caught:
            await users.update_user(database, rival.id, username=two)
        assert told(caught.value) == taken("username")
        with pytest.raises(UniqueViolation) as caught:
            await users.update_user(database, rival.id, email=f"{two}@example.org")
        assert told(caught.value) == taken("email")
        assert await users.get_user(database, rival.id) == rival


async def test_find_user_by_each_name_ignores_case(database: Database) -> None:
    for one, two in SAME_ADDRESS.values():
        made = await users.create_user(database, builders.user(username=one, email=f"{one}@example.org"))
        assert made.username == one
        assert await users.find_user_by_username(database, two) == made
        assert await users.find_user_by_email(database, f"{two}@EXAMPLE.ORG") == made
        assert await users.find_user_by_login(database, two) == made
        assert await users.find_user_by_login(database, f"{two}@EXAMPLE.ORG") == made


async def test_one_domain_in_two_spellings_is_one_address(database: Database) -> None:
    for one, two in SAME_DOMAIN.values():
        made = await users.create_user(database, builders.user(email=f"Mara@{one}"))
        assert made.email is not None
        assert made.email.isascii()
        assert await users.find_user_by_email(database, f"mara@{two}") == made
        with pytest.raises(UniqueViolation) as caught:
            await users.create_user(database, builders.user(email=f"MARA@{two}"))
        assert told(caught.value) == taken("email"), two
        await users.delete_user(database, made.id)


@pytest.mark.parametrize(("one", "two"), OTHER_DOMAIN.values(), ids=OTHER_DOMAIN)
async def test_two_domains_are_two_addresses(database: Database, one: str, two: str) -> None:
    first = await users.create_user(database, builders.user(email=f"mara@{one}"))
    assert await users.find_user_by_email(database, f"mara@{two}") is None
    assert await users.find_user_by_login(database, f"mara@{two}") is None
    second = await users.create_user(database, builders.user(email=f"mara@{two}"))
    assert await users.find_user_by_email(database, f"mara@{one}") == first
    assert await users.find_user_by_email(database, f"mara@{two}") == second


async def test_create_user_takes_names_that_are_not_the_same(database: Database) -> None:
    for one, two in OTHER.values():
        await users.create_user(database, builders.user(username=one, email=f"{one}@example.org"))
        made = await users.create_user(database, builders.user(username=two, email=f"{two}@example.org"))
        assert await users.find_user_by_username(database, two) == made


@pytest.mark.parametrize(
    ("column", "value"), [("phone_number", "+4917112345"), ("eve_character_id", 95465499)], ids=["phone", "character"]
)
async def test_create_user_refuses_a_number_that_is_taken(database: Database, column: str, value: Any) -> None:
    await users.create_user(database, builders.user(**{column: value}))
    with pytest.raises(UniqueViolation) as caught:
        await users.create_user(database, builders.eve_user(**{column: value}))
    assert told(caught.value) == taken(column)


async def test_create_user_takes_any_number_of_accounts_without_names(database: Database) -> None:
    for _ in range(3):
        await users.create_user(database, builders.eve_user())
    assert await users.count_users(database) == 3


async def test_update_user_may_change_the_case_of_its_own_name(database: Database) -> None:
    made = await users.create_user(database, builders.user(username="Straße"))
    assert (await users.update_user(database, made.id, username="STRASSE")).username == "STRASSE"


async def test_delete_user_frees_the_names(database: Database) -> None:
    first = await users.create_user(database, builders.user(username="Mara", email="mara@example.org"))
    await users.delete_user(database, first.id)
    again = await users.create_user(database, builders.user(username="mara", email="MARA@example.org"))
    assert again.id != first.id


async def test_create_user_is_told_the_first_column_where_several_are_taken(database: Database) -> None:
    made = await users.create_user(database, builders.user(phone_number="+4917112345", eve_character_id=95465499))
    names = ("id", "username", "email", "phone_number", "eve_character_id")
    taken_by_made = [(name, getattr(made, name)) for name in names]
    for number in range(2, len(names) + 1):
        for several in combinations(taken_by_made, number):
            with pytest.raises(UniqueViolation) as caught:
                await users.create_user(database, builders.user(**dict(several)))
            assert caught.value.columns == (several[0][0],)
