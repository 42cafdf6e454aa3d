-- The words of searches, which PostgreSQL keeps in an index.

INSERT INTO user_search_rows (user_id, sort_key) SELECT id, display_name_fold FROM users ORDER BY id;

INSERT INTO user_search (rowid, username, display_name, email, phone_number)
SELECT number, username, display_name, email, phone_number FROM user_search_texts ORDER BY number;

INSERT INTO video_search_rows (video_id) SELECT id FROM videos ORDER BY id;

INSERT INTO video_search (rowid, title, description, tags)
SELECT
    number,
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.title_words)),
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.description_words)),
    (SELECT group_concat(hex(value), ' ') FROM json_each(videos.tags_words))
FROM video_search_rows
INNER JOIN videos ON video_search_rows.video_id = videos.id
ORDER BY number;
