"""A test of the functions for a table with one column of each type. The tests copy it into a project for PostgreSQL."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Interface

import pytest
from pydantic import ValidationError
from shop import types

from hangar_dal import Multirange, Range
from hangar_dal.errors import InvalidValue


async def test_types(hangar_db):
    async with hangar_db() as db:
        plain = await types.insert_type(db, types.NewType(words="a b"))
        assert (plain.moods, plain.n, plain.price, plain.doc, plain.docs) == ([], 1, Decimal("0.00"), {}, [])
        assert plain.words == "'a' 'b'"
        assert plain.at.tzinfo is None
        values = {
            "moods": ["sad", "happy"],
            "n": 7,
            "s": "short",
            "where_": "(1,2,3.00)",
            "r": "[1.5,2)",
            "even": 2,
            "price": Decimal("12.34"),
            "tags": ["x", "y z"],
            "at": datetime(2026, 1, 2, 3, 4, 5, 6),  # noqa: DTZ001 - the column has no time zone
            "day": date(2026, 1, 2),
            "t": time(1, 2, 3),
            "i": timedelta(days=1, seconds=2),
            "ip": IPv4Interface("10.0.0.1/8"),
            "doc": {"a": [1, None]},
            "docs": ["b"],
            "code": "ab",
            "words": "'c'",
            "money": "$5.00",
            "ratio": 0.1,
            "span": Range(datetime(2026, 1, 2, tzinfo=UTC), None),
            "days": Multirange([Range(date(2026, 1, 2), date(2026, 1, 5))]),
            "pages": Range(1, 9),
            "seen": datetime(2026, 1, 2, 3, 4, 5),  # noqa: DTZ001 - the column has no time zone
            "seen_at": datetime(2026, 1, 2, 3, 4, 5, 6000, UTC),
            "who": "ada",
            "bits": "101",
            "weights": [Decimal("1.125")],
            "codes": ["ab"],
            "fee": Decimal("12345.67"),
        }
        assert await types.update_type(db, plain.id, **values) == plain.model_copy(update=values)
        given = {name: value for name, value in values.items() if name not in ("at", "pages", "who")}
        stored = await types.insert_type(db, types.NewType(**given))
        assert stored == stored.model_copy(update=given)
        assert {each.id for each in await types.list_types(db)} == {plain.id, stored.id}
        with pytest.raises(InvalidValue):
            await types.update_type(db, plain.id, code="long")
        for wrong in ({"fee": Decimal("0.001")}, {"codes": ["abc"]}, {"weights": [Decimal("0.0001")]}):
            with pytest.raises(InvalidValue):
                await types.update_type(db, plain.id, **wrong)
        rounded = await types.update_type(db, plain.id, seen=datetime(2026, 1, 2, 3, 4, 5, 600000))  # noqa: DTZ001
        assert rounded.seen == datetime(2026, 1, 2, 3, 4, 6)  # noqa: DTZ001
        with pytest.raises(ValidationError):
            types.NewType(words="x", price=Decimal("1.234"))
