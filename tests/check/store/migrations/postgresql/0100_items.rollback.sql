DROP VIEW labels;
DROP TABLE marks;
DROP COLLATION folding;
DROP FUNCTION short (text, integer);
DROP TABLE people;
DROP TABLE tickets;
DROP TABLE parts;
DROP TABLE items;
DROP TYPE mood;
