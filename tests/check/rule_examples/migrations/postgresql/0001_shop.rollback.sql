DROP TABLE notes;
DROP FUNCTION notes_changed;
DROP TABLE orders;
DROP TABLE items;
DROP TABLE users;
