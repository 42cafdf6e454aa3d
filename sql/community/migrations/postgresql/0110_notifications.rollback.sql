DROP TRIGGER blocks_end_notifications ON blocks;
DROP TABLE notifications;
DROP FUNCTION blocks_end_notifications();
DROP FUNCTION notifications_not_blocked();
DROP FUNCTION notifications_seen_kept();
DROP FUNCTION notifications_unchanged();
