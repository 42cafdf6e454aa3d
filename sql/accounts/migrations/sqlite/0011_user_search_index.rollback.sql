DROP TRIGGER user_search_rows_delete;
DROP TRIGGER users_search_update;
DROP TRIGGER users_search_order;
DROP TRIGGER users_search_insert;
DROP VIEW user_search_texts;
DROP TABLE user_search_rows;
DROP TABLE user_search;
