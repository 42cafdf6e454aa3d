"""PostgreSQL: connections of psycopg that send statements through raw cursors."""
