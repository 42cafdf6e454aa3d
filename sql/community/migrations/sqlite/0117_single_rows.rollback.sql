-- SQLite has triggers for each row only.
SELECT 1;
