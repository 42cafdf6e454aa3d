DROP TRIGGER video_search_rows_delete;
DROP TRIGGER videos_search_update;
DROP TRIGGER videos_search_insert;
DROP TABLE video_search_rows;
DROP TABLE video_search;
