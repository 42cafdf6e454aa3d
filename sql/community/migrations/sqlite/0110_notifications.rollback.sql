DROP TRIGGER blocks_end_notifications;
DROP TABLE notifications;
