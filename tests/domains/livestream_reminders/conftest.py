"""These tests run with the catalog LIVESTREAMS."""

from streaming import catalog as catalog
