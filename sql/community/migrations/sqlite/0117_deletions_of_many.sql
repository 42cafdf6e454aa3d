-- Nothing to do: SQLite looks at foreign keys at the end of a statement, when all these rows are gone.
SELECT 1;
