DROP VIEW bodies;
DROP TABLE colours;
DROP TABLE notes;
