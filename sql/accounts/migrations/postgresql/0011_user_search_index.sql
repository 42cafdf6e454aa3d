-- transactional: false
-- Built while others write. A build that failed leaves an invalid index behind, which goes first.

-- The search by a part of a text. One index over all four columns, so that a search reads one. Without fastupdate, no
-- search has to read a list of pending entries, and the planner never avoids the index because of it.
-- differs: index idx_users_search: GIN here, FTS5 there
DROP INDEX CONCURRENTLY IF EXISTS idx_users_search;
CREATE INDEX CONCURRENTLY idx_users_search ON users USING gin (
    (username_grams || display_name_grams || email_grams || phone_number_grams)
) WITH (fastupdate = off);
