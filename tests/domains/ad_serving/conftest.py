"""These tests run with the catalog COMMERCE."""

from tests.helpers.commerce import catalog as catalog
