-- The search by words. Each word is spelt in hexadecimal digits, so that the words of every script are kept apart in
-- the same way.
-- differs: table video_search: FTS5 here, GIN there
CREATE VIRTUAL TABLE video_search USING fts5 (title, description, tags, tokenize = 'ascii', detail = 'none');

-- FTS5 knows a row by its number, and VACUUM may change the row numbers of videos. INSERT OR REPLACE removes a video
-- without a DELETE trigger, but foreign keys act. So the row here goes with the video.
-- differs: table video_search_rows: only FTS5 needs row numbers
CREATE TABLE video_search_rows (
    number integer PRIMARY KEY,
    video_id text NOT NULL,

    CONSTRAINT video_search_rows_video_id_key UNIQUE (video_id),
    CONSTRAINT video_search_rows_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE
) STRICT;
INSERT INTO video_search_rows (video_id)
SELECT id
FROM videos
ORDER BY id;
INSERT INTO video_search (rowid, title, description, tags)
SELECT
    video_search_rows.number,
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.title_words)) AS title,
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.description_words)) AS description,
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.tags_words)) AS tags
FROM videos
INNER JOIN video_search_rows ON videos.id = video_search_rows.video_id
ORDER BY video_search_rows.number;

-- differs: trigger videos_search_insert: FTS5 is kept by triggers, GIN by the database
CREATE TRIGGER videos_search_insert AFTER INSERT ON videos
BEGIN
    INSERT INTO video_search_rows (video_id) VALUES (NEW.id);
    INSERT INTO video_search (rowid, title, description, tags)
    SELECT
        number,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.title_words)) AS title,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.description_words)) AS description,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.tags_words)) AS tags
    FROM video_search_rows
    WHERE video_id = NEW.id;
END;

-- differs: trigger videos_search_update: FTS5 is kept by triggers, GIN by the database
CREATE TRIGGER videos_search_update AFTER UPDATE ON videos
WHEN
    NEW.title_words IS NOT OLD.title_words
    OR NEW.description_words IS NOT OLD.description_words
    OR NEW.tags_words IS NOT OLD.tags_words
BEGIN
    DELETE FROM video_search
    WHERE
        rowid = (
            SELECT number FROM video_search_rows
            WHERE video_id = NEW.id
        );
    INSERT INTO video_search (rowid, title, description, tags)
    SELECT
        number,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.title_words)) AS title,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.description_words)) AS description,
        (SELECT group_concat(hex(value), ' ') FROM json_each(NEW.tags_words)) AS tags
    FROM video_search_rows
    WHERE video_id = NEW.id;
END;

CREATE TRIGGER video_search_rows_delete AFTER DELETE ON video_search_rows
BEGIN
    DELETE FROM video_search
    WHERE rowid = OLD.number;
END;
