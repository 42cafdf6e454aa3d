"""Read a PostgreSQL database from its catalogs. Needs no right on a table, and changes nothing."""
