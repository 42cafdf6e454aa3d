"""PostgreSQL: psycopg's connections, statements sent through raw cursors."""
