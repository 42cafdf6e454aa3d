-- The search by a part of a text: each gram is one word, spelt in hexadecimal digits, so that the words of every script
-- are kept apart in the same way. A part is found as a phrase.
-- differs: table user_search: FTS5 here, GIN there
CREATE VIRTUAL TABLE user_search USING fts5 (
    username, display_name, email, phone_number, tokenize = 'ascii', columnsize = 0
);

-- FTS5 knows a row by its number, and VACUUM may change the row numbers of users. The key of the order is here too, so
-- that a search which finds many users reads small rows until it knows the page.
-- INSERT OR REPLACE removes a user without a DELETE trigger, but foreign keys act. So the row here goes with the user.
-- differs: table user_search_rows: only FTS5 needs row numbers
CREATE TABLE user_search_rows (
    number integer PRIMARY KEY,
    user_id text NOT NULL,
    sort_key text NOT NULL,

    CONSTRAINT user_search_rows_user_id_key UNIQUE (user_id),
    CONSTRAINT user_search_rows_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) STRICT;
INSERT INTO user_search_rows (user_id, sort_key)
SELECT
    id,
    display_name_fold
FROM users
ORDER BY id;

-- differs: view user_search_texts: only FTS5 needs the grams as words
CREATE VIEW user_search_texts AS
SELECT
    user_search_rows.number,
    users.id AS user_id,
    (
        SELECT group_concat(word, ' ')
        FROM (
            SELECT hex(value) AS word
            FROM json_each(users.username_grams)
            ORDER BY "key"
        ) AS words
    ) AS username,
    (
        SELECT group_concat(word, ' ')
        FROM (
            SELECT hex(value) AS word
            FROM json_each(users.display_name_grams)
            ORDER BY "key"
        ) AS words
    ) AS display_name,
    (
        SELECT group_concat(word, ' ')
        FROM (
            SELECT hex(value) AS word
            FROM json_each(users.email_grams)
            ORDER BY "key"
        ) AS words
    ) AS email,
    (
        SELECT group_concat(word, ' ')
        FROM (
            SELECT hex(value) AS word
            FROM json_each(users.phone_number_grams)
            ORDER BY "key"
        ) AS words
    ) AS phone_number
FROM users
INNER JOIN user_search_rows ON users.id = user_search_rows.user_id;
INSERT INTO user_search (rowid, username, display_name, email, phone_number)
SELECT
    number,
    username,
    display_name,
    email,
    phone_number
FROM user_search_texts
ORDER BY number;

-- differs: trigger users_search_insert: FTS5 is kept by triggers, GIN by the database
CREATE TRIGGER users_search_insert AFTER INSERT ON users
BEGIN
    INSERT INTO user_search_rows (user_id, sort_key) VALUES (new.id, new.display_name_fold);
    INSERT INTO user_search (rowid, username, display_name, email, phone_number)
    SELECT
        number,
        username,
        display_name,
        email,
        phone_number
    FROM user_search_texts
    WHERE user_id = new.id;
END;

-- differs: trigger users_search_order: only FTS5 needs the key of the order beside it
CREATE TRIGGER users_search_order AFTER UPDATE ON users
WHEN new.display_name_fold <> old.display_name_fold
BEGIN
    UPDATE user_search_rows SET sort_key = new.display_name_fold
    WHERE user_id = new.id;
END;

-- differs: trigger users_search_update: FTS5 is kept by triggers, GIN by the database
CREATE TRIGGER users_search_update AFTER UPDATE ON users
WHEN
    new.username_grams IS NOT old.username_grams
    OR new.display_name_grams IS NOT old.display_name_grams
    OR new.email_grams IS NOT old.email_grams
    OR new.phone_number_grams IS NOT old.phone_number_grams
BEGIN
    DELETE FROM user_search
    WHERE
        rowid = (
            SELECT number FROM user_search_rows
            WHERE user_id = new.id
        );
    INSERT INTO user_search (rowid, username, display_name, email, phone_number)
    SELECT
        number,
        username,
        display_name,
        email,
        phone_number
    FROM user_search_texts
    WHERE user_id = new.id;
END;

CREATE TRIGGER user_search_rows_delete AFTER DELETE ON user_search_rows
BEGIN
    DELETE FROM user_search
    WHERE rowid = old.number;
END;
