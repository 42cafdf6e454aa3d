"""The fixtures of these tests."""

from tests.helpers.domain_fixtures import sql as sql
