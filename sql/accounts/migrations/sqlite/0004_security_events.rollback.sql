DROP TABLE security_events;
DROP TABLE security_event_retention;
