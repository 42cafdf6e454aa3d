"""These tests run with the catalog COMMUNITY."""

from tests.helpers.community import catalog as catalog
