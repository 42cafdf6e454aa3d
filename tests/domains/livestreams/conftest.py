"""These tests run with the catalog LIVESTREAMS."""

from tests.helpers.streaming import catalog as catalog
