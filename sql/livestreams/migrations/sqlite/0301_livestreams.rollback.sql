DROP TABLE livestream_keys;
DROP TABLE livestreams;
