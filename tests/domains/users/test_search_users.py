"""`search_users`: the same users in the same order on both databases, as a search in Python finds them."""

from collections.abc import Awaitable, Callable
from random import Random

import pytest

from hangar_dal import Database, User, builders, users
from hangar_dal.database import Row
from hangar_dal.errors import InvalidValue
from hangar_dal.values import fold, uuid7

Sql = Callable[[str], Awaitable[list[Row]]]
NAMES = (
    "Straße", "STRASSE", "strasse", "Ёжик в тумане", "ёжик", "ΟΔΥΣΣΕΥΣ", "οδυσσευς",
    "Zoë Ärger", "zoe\u0308 a\u0308rger",  # composed and decomposed
    "王小明", "王小明王小", "山田太郎", "김철수입니다", "مريم العذراء", "שלום עולם", "สวัสดีชาวโลก",
    "नमस्ते दुनिया", "🚀🚀🚀🚀",
    "ﬁne ﬂight", "fine flight", "\uff21\uff44\uff41", "Ada", "ada lovelace",
    "abcabd", "abcd", "bcde abc", "abc bcd cde", "ab", "a",
    "100%_done", '"quoted" OR "x"', "username:abc*", "NEAR(abc bcd)", "a\\b\\c", "x'); DROP--", '["abc"]', "{abc,bcd}",
)  # fmt: skip
PHONES = ("+447946012345", "+4917612345678")
ADDRESSES = ("Mara.Abcde@faß.de", "мара@пример.рф", "o'brien+abc@example.org", '"abc@example.org')


async def crowd(database: Database) -> list[User]:
    """Each name as a display name; some users have the other three texts too."""
    made = [await users.create_user(database, builders.eve_user(display_name=name)) for name in NAMES]
    for email, username in zip(ADDRESSES, NAMES[2:], strict=False):
        new = builders.user(email=email, username=username, display_name="Someone else", password="not read")
        made.append(await users.insert_user(database, new, hashed_password="x"))
    others = [builders.eve_user(phone_number=phone, display_name="ab") for phone in PHONES]
    return [*made, *[await users.create_user(database, new) for new in others]]


def texts_of(user: User) -> list[str]:
    """All that a user is found by; the addresses above as they were given too."""
    given = [
        address for address in ADDRESSES if user.email and fold("email", address)[:4] == fold("email", user.email)[:4]
    ]
    return [
        fold("text", text) for text in (user.username, user.display_name, user.email, user.phone_number, *given) if text
    ]


def expected(made: list[User], part: str) -> list[User]:
    found = [user for user in made if any(fold("part", part) in text for text in texts_of(user))]
    return sorted(found, key=lambda user: (fold("name", user.display_name), user.id))


async def test_search_finds_what_a_search_in_python_finds(database: Database) -> None:
    made = await crowd(database)
    texts = [text for user in made for text in texts_of(user)]
    random = Random(1)
    parts = [text for text in (*NAMES, *ADDRESSES, *PHONES) if len(fold("part", text)) >= 3]
    for text in texts * 3:
        if len(text) >= 3:
            start = random.randrange(len(text) - 2)
            parts.append(text[start : random.randrange(start + 3, len(text) + 1)])
    parts += ["".join(random.choices("abcde ", k=random.choice([3, 4, 5]))) for _ in range(60)]
    for part in parts:
        found = await users.search_users(database, part)
        assert found == expected(made, part), part


async def test_a_part_needs_three_characters(database: Database) -> None:
    for part in ("ab", "", "ﬁ", "e\u0301a", "+4"):  # a ligature folds to two, and an accent is composed with its letter
        with pytest.raises(InvalidValue, match="part: a search needs at least three characters"):
            await users.search_users(database, part)


async def test_a_part_that_no_text_can_contain_is_refused(database: Database) -> None:
    for part, reason in (
        ("abc\0", "NUL"),
        ("abc\ud800", "surrogate"),
        ("abc\U0001fae8", "newer than Unicode 14"),
        ("a" * 255, "254"),
    ):
        with pytest.raises(InvalidValue, match=f"part: .*{reason}"):
            await users.search_users(database, part)


async def test_a_part_is_never_a_pattern_or_an_expression(database: Database) -> None:
    for name in ("abc", "bcd", "abcd", "abc bcd"):
        await users.create_user(database, builders.eve_user(display_name=name))
    for part in (
        'abc"',
        'abc" OR "bcd',
        "abc*",
        "abc OR bcd",
        "username:abc",
        "^abc",
        "NEAR(abc bcd)",
        "abc' OR '1'='1",
        "%%%",
    ):
        assert await users.search_users(database, part) == [], part
        named = await users.create_user(database, builders.eve_user(display_name=f"<{part}>"))
        assert await users.search_users(database, part) == [named], part
        await users.delete_user(database, named.id)


async def test_a_part_is_not_found_across_two_texts_of_a_user(database: Database) -> None:
    new = builders.user(username="xxabc", display_name="bcdxx", email="bcd@cde.example", password="not read")
    stored = await users.insert_user(database, new, hashed_password="x")
    assert await users.search_users(database, "abc") == [stored]
    assert await users.search_users(database, "abcd") == []


async def test_pages_are_the_sorted_whole(database: Database) -> None:
    names = [f"{'Zz'[index % 2]} pilot {index % 5}" for index in range(40)]
    made = [await users.create_user(database, builders.eve_user(display_name=name)) for name in names]
    await users.create_user(database, builders.eve_user(display_name="someone else"))
    for limit in (1, 7, 100):
        seen: list[User] = []
        while page := await users.search_users(database, "PILOT", after=seen[-1] if seen else None, limit=limit):
            seen += page
        assert seen == expected(made, "pilot")


async def test_the_order_follows_a_name_that_changes(database: Database) -> None:
    first, second = [
        await users.create_user(database, builders.eve_user(display_name=f"pilot {letter}")) for letter in "ab"
    ]
    first = await users.update_user(database, first.id, display_name="pilot c")
    assert await users.search_users(database, "pilot") == [second, first]
    assert await users.search_users(database, "pilot", limit=1) == [second]
    assert await users.search_users(database, "pilot", after=second) == [first]


async def test_a_user_is_found_by_the_texts_of_today_only(database: Database) -> None:
    new = builders.user(
        username="firstname", email="first@mail.example", phone_number="+441111111", password="not read"
    )
    stored = await users.insert_user(database, new, hashed_password="x")

    async def finds(part: str) -> bool:
        return bool(await users.search_users(database, part))

    await users.update_user(database, stored.id, display_name="second name", is_private=True)
    assert [await finds(part) for part in ("firstname", "second", "first@", "+44111")] == [True] * 4
    await users.update_user(database, stored.id, username="third", phone_number=None)
    assert [await finds(part) for part in ("firstname", "+44111", "third", "second")] == [False, False, True, True]
    await users.update_user(database, stored.id, email="fourth@mail.example", phone_number="+442222222")
    assert [await finds(part) for part in ("first@", "fourth", "+44222")] == [False, True, True]
    await users.delete_user(database, stored.id)
    assert [await finds(part) for part in ("second", "third", "fourth", "+44222")] == [False] * 4


async def test_what_a_transaction_takes_back_is_not_found(database: Database) -> None:
    kept = await users.create_user(database, builders.eve_user(display_name="kept before"))
    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as tx:
            await users.insert_user(tx, builders.eve_user(display_name="never kept"), hashed_password=None)
            await users.update_user(tx, kept.id, display_name="changed after")
            assert len(await users.search_users(tx, "never kept")) == 1
            raise ZeroDivisionError
    for part, number in (("never kept", 0), ("changed after", 0), ("kept before", 1)):
        assert len(await users.search_users(database, part)) == number


async def test_an_eve_account_is_found_by_the_name_it_signed_in_with(database: Database) -> None:
    for name in ("Chribba of Amarr", "Another name"):
        user = await users.sign_in_eve_user(database, eve_character_id=7, display_name=name)
    assert await users.search_users(database, "chribba") == [user]
    assert await users.search_users(database, "another") == []


# A row that takes the place of another one, in each database's own words.
INSERT = """INTO users (
    id, display_name, display_name_fold, display_name_grams, user_type, eve_character_id, created_at, updated_at
) VALUES ('{id}', 'new n', 'new n', '{grams}', 'EVE_SSO', 7, '{at}', '{at}')"""
REPLACE = {
    "sqlite": (f"INSERT OR REPLACE {INSERT}",),
    "postgresql": ("DELETE FROM users WHERE eve_character_id = 7", f"INSERT {INSERT}"),
}
AT = "2030-01-02T03:04:05.678901Z"
GRAMS = {"sqlite": '["new","ew ","w n"]', "postgresql": '{"new","ew ","w n"}'}


@pytest.mark.parametrize("has_its_id", [True, False], ids=["same id", "another id"])
async def test_a_row_that_replaces_another_one_is_found_in_its_place(
    database: Database, sql: Sql, has_its_id: bool
) -> None:
    old = await users.create_user(database, builders.eve_user(display_name="old name", eve_character_id=7))
    for statement in REPLACE[database.dialect]:
        await sql(statement.format(id=old.id if has_its_id else uuid7(), grams=GRAMS[database.dialect], at=AT))
    assert await users.search_users(database, "old name") == []
    assert [user.display_name for user in await users.search_users(database, "new n")] == ["new n"]


@pytest.mark.parametrize(
    ("change", "gone"),
    [
        ("username = 'other', username_fold = 'other'", "first"),
        ("display_name = 'other', display_name_fold = 'other'", "shown"),
        ("email = 'other@x.example', email_fold = 'other@x.example'", "mail."),
        ("phone_number = '+449999999'", "+44111"),
        ("phone_number = NULL", "+44111"),
    ],
    ids=["username", "display name", "e-mail", "phone", "phone to NULL"],
)
async def test_a_change_past_the_package_leaves_no_grams_of_the_old_text(
    database: Database, sql: Sql, change: str, gone: str
) -> None:
    phone = "+441111111"
    new = builders.user(
        username="first", display_name="shown", email="a@mail.example", phone_number=phone, password="x"
    )
    user = await users.insert_user(database, new, hashed_password="x")
    parts = ("first", "shown", "mail.", "+44111")
    assert [len(await users.search_users(database, part)) for part in parts] == [1] * 4
    await sql(f"UPDATE users SET {change} WHERE id = '{user.id}'")
    assert [len(await users.search_users(database, part)) for part in parts] == [int(part != gone) for part in parts]
    names = ("username", "display_name", "email", "phone_number")
    [grams] = await sql(f"SELECT {', '.join(f'{name}_grams' for name in names)} FROM users")
    assert [value is None for value in grams] == [part == gone for part in parts]


async def test_a_vacuum_mixes_nobody_up(database: Database, sql: Sql) -> None:
    made = [await users.create_user(database, builders.eve_user(display_name=f"pilot {index}")) for index in range(9)]
    for user in made[::2]:
        await users.delete_user(database, user.id)
    await sql("VACUUM")
    made.append(await users.create_user(database, builders.eve_user(display_name="pilot 99")))
    assert await users.search_users(database, "pilot") == [*made[1:-1:2], made[-1]]
