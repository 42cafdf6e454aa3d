DROP VIEW lent;
DROP TABLE visits;
DROP TABLE settings;
DROP TABLE friends;
DROP TABLE loans;
DROP TABLE books;
DROP TABLE cards;
DROP TABLE readers;
