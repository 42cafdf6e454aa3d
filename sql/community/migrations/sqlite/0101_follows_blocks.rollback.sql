DROP TABLE blocks;
DROP TABLE follows;
