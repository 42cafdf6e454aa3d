-- transactional: false
-- Built while others write. A build that failed leaves an invalid index behind, which goes first.

-- The search by words. Without fastupdate, no search has to read a list of pending entries.
-- differs: index idx_videos_search: GIN here, FTS5 there
DROP INDEX CONCURRENTLY IF EXISTS idx_videos_search;
CREATE INDEX CONCURRENTLY idx_videos_search ON videos USING gin (
    (
        setweight(array_to_tsvector(coalesce(title_words, '{}')), 'A')
        || array_to_tsvector(coalesce(description_words, '{}'))
        || array_to_tsvector(coalesce(tags_words, '{}'))
    )
) WITH (fastupdate = off);
