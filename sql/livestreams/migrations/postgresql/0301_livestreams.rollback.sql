DROP TABLE livestream_reminders;
DROP TABLE livestream_keys;
DROP TABLE livestreams;
DROP FUNCTION livestreams_recording_of_owner();
DROP FUNCTION livestreams_tags_each_once();
DROP FUNCTION livestreams_unchanged();
DROP FUNCTION livestreams_status_transition();
DROP FUNCTION livestream_reminders_unchanged();
