DROP TABLE livestream_reminders;
DROP TABLE livestream_keys;
DROP TABLE livestreams;
