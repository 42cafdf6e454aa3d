DROP TABLE orders;
DROP TABLE items;
DROP TABLE users;
