DROP VIEW labels;
DROP FUNCTION short (text, integer);
DROP TABLE people;
DROP TABLE tickets;
DROP TABLE parts;
DROP TABLE items;
DROP TYPE mood;
