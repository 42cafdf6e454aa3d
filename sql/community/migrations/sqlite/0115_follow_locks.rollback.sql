-- SQLite has one writer at a time, so a follow and a block need no locks.
SELECT 1;
