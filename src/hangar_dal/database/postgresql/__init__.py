"""PostgreSQL: connections made and kept by psycopg_pool, statements sent through raw cursors."""
