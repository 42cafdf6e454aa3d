DROP VIEW labels;
DROP TABLE bells;
DROP TABLE stamps;
DROP TABLE marks;
DROP TABLE people;
DROP TABLE tickets;
DROP TABLE parts;
DROP TABLE items;
