DROP VIEW labels;
DROP TABLE tickets;
DROP TABLE parts;
DROP TABLE items;
DROP TYPE mood;
