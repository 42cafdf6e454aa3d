DROP TABLE notes;
DROP TABLE orders;
DROP TABLE items;
DROP TABLE users;
