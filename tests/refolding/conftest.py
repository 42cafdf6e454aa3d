"""The fixtures of these tests."""

from domain_fixtures import sql as sql
