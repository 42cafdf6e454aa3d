DROP TABLE security_events;
DROP FUNCTION security_events_kept();
DROP FUNCTION security_events_unchanged();
DROP TABLE security_event_retention;
