DROP TABLE parts;
DROP TABLE items;
